// The page /travel: where one is in the journey, and which option is looked at, without drawing lists anew.
"use strict";
(() => {
  const current = (selector, chosen, word) => {
    for (const one of document.querySelectorAll(selector)) {
      if (one === chosen) one.setAttribute("aria-current", word);
      else one.removeAttribute("aria-current");
    }
  };
  window.travelStep = (number) => {
    const step = document.querySelector(`[data-step="${number}"]`);
    const list = step?.closest(".timeline");
    current("[data-step]", step, "step");
    if (!list) return;
    const top = step.offsetTop - list.offsetTop;
    if (top < list.scrollTop || top + step.offsetHeight > list.scrollTop + list.clientHeight)
      list.scrollTop = top - list.clientHeight / 3;
  };
  window.travelOption = (number) =>
    current("[data-option]", document.querySelector(`[data-option="${number}"]`), "true");
})();
