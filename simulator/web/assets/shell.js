// What all pages do in the browser: bytes and fields mark one another, single keys press what carries them.
"use strict";
(() => {
  const unmark = () => document.querySelectorAll(".marked").forEach((one) => one.classList.remove("marked"));
  const pieces = (block) => block.querySelector(":scope > .bytes-both > .hex");
  const covers = (field, number) => +field.dataset.from <= number && number < +field.dataset.to;

  function markField(field, scroll) {
    unmark();
    const block = field.closest(".bytes");
    const hex = block && pieces(block);
    field.classList.add("marked");
    if (!hex || field.dataset.from === undefined) return;
    let first = null;
    for (const piece of hex.children)
      if (covers(field, +piece.dataset.i)) { piece.classList.add("marked"); first ??= piece; }
    if (first && scroll) hex.scrollTop = Math.max(0, first.offsetTop - hex.offsetTop - hex.clientHeight / 3);
  }

  function markPiece(piece) {
    unmark();
    const block = piece.closest(".bytes");
    piece.classList.add("marked");
    let best = null;
    for (const field of block.querySelectorAll(".field[data-from]"))
      if (field.closest(".bytes") === block && covers(field, +piece.dataset.i)) best = field;
    if (best) markField(best, false);
  }

  const mark = (event, scroll) => {
    const target = event.target instanceof Element ? event.target : null;
    const field = target?.closest(".field");
    if (field) markField(field, scroll);
    else if (target?.matches(".hex > span")) markPiece(target);
    else if (!scroll && target && !target.closest(".bytes")) unmark();
  };
  document.addEventListener("mouseover", (event) => mark(event, true));
  document.addEventListener("focusin", (event) => mark(event, true));
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.matches(".hex > span")) markPiece(event.target);
  });

  const typing = (element) => element?.matches?.("input:not([type=checkbox]):not([type=radio]), select, textarea, [contenteditable]");
  const visible = (element) => element.offsetParent !== null && !element.disabled;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const dialog = document.querySelector(".q-dialog");
    for (const element of (dialog ?? document).querySelectorAll("[data-key]")) {
      if (element.dataset.key !== event.key || !visible(element)) continue;
      event.preventDefault();
      element.focus();
      if (element.matches("button, a")) element.click();
      return;
    }
  });

  // Arrow keys walk through a list of buttons; the dialog of help lists the keys when it opens.
  document.addEventListener("keydown", (event) => {
    const list = event.target instanceof Element ? event.target.closest("[data-walk]") : null;
    if (!list || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key) || typing(event.target)) return;
    const all = [...list.querySelectorAll(list.dataset.walk)].filter(visible);
    const at = all.indexOf(event.target.closest(list.dataset.walk));
    const to = { ArrowDown: Math.min(at + 1, all.length - 1), ArrowUp: Math.max(at - 1, 0), Home: 0, End: all.length - 1 }[event.key];
    event.preventDefault();
    all[to]?.focus();
  });

  function listKeys() {
    for (const body of document.querySelectorAll("[data-keys]")) {
      if (body.childElementCount) continue;
      for (const element of document.querySelectorAll("[data-key]")) {
        const row = body.insertRow();
        const key = document.createElement("kbd");
        key.textContent = element.dataset.key;
        row.insertCell().append(key);
        row.insertCell().textContent = element.dataset.does || element.getAttribute("aria-label") || element.textContent;
      }
    }
  }
  new MutationObserver(listKeys).observe(document, { childList: true, subtree: true });
})();
// A part that is drawn anew keeps the focus: the element with the same data-focus gets it back.
(() => {
  let last = "";
  document.addEventListener("focusin", (event) => { last = event.target.dataset?.focus || ""; });
  document.addEventListener("pointerdown", (event) => { if (!event.target.closest?.("[data-focus]")) last = ""; });
  new MutationObserver(() => {
    if (!last || document.activeElement !== document.body) return;
    const again = document.querySelector(`[data-focus="${CSS.escape(last)}"]`);
    if (again && !again.disabled) again.focus({ preventScroll: true });
  }).observe(document, { childList: true, subtree: true });
})();
// A list that grows is followed to its end, unless somebody has scrolled back.
(() => {
  const stays = new WeakMap();
  const isAtEnd = (list) => list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  document.addEventListener("scroll", (event) => {
    if (event.target.dataset?.follow !== undefined) stays.set(event.target, !isAtEnd(event.target));
  }, true);
  document.addEventListener("click", (event) => {
    const list = event.target.closest?.("[data-follow]");
    if (list) stays.set(list, true);
  });
  new MutationObserver(() => {
    for (const list of document.querySelectorAll("[data-follow]"))
      if (!stays.get(list)) list.scrollTop = list.scrollHeight;
  }).observe(document, { childList: true, subtree: true });
})();
