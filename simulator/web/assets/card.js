// The page /card: in the console Enter sends, and the arrows bring back what was typed.
"use strict";
(() => {
  // The file that is looked at, marked in the tree; on a phone it is shown below, out of sight.
  document.addEventListener("click", (event) => {
    const file = event.target instanceof Element ? event.target.closest(".tree [data-path]") : null;
    if (!file) return;
    document.querySelectorAll(".tree [aria-current]").forEach((one) => one.removeAttribute("aria-current"));
    file.setAttribute("aria-current", "true");
    if (matchMedia("(max-width: 760px)").matches) document.querySelector(".file-shown")?.scrollIntoView();
  });

  let at = null;
  document.addEventListener("keydown", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLTextAreaElement) || box.id !== "console-line" || event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      at = null;
      document.getElementById("console-send")?.click();
    } else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && !box.value.includes("\n")) {
      const typed = JSON.parse(box.dataset.typed || "[]");
      const next = (at ?? typed.length) + (event.key === "ArrowUp" ? -1 : 1);
      if (next < 0 || next > typed.length) return;
      event.preventDefault();
      at = next;
      box.value = typed[next] ?? "";
      box.setSelectionRange(box.value.length, box.value.length);
    }
  });
})();
