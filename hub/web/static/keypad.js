"use strict";
// The keys write into the field at once instead of loading the page for each digit.
(() => {
  const form = document.querySelector("form.keys");
  const field = document.querySelector("output.typed");
  const answer = document.querySelector("input[name=answer]");
  const typed = form.querySelector("input[name=typed]");
  form.addEventListener("submit", (event) => {
    const key = event.submitter.value;
    const now = typed.value;
    let next = now;
    if (key === "back") next = now.slice(0, -1);
    else if (key === "sign") next = now.startsWith("-") ? now.slice(1) : "-" + now;
    else if (now.length < (form.dataset.most ?? 9) && !(key === "," && (now.includes(",") || !now.replace("-", "")))) next = now + key;
    event.preventDefault();
    typed.value = answer.value = next;
    field.textContent = next.replace(",", form.dataset.comma ?? ",") || "\u00a0";
    field.classList.toggle("long", next.length > (form.dataset.long ?? 9));
  });
})();
