"use strict";
// A tap while the pages restart would end on the browser's own error page. So the form is sent
// from here until it has arrived; its one-time token makes that once. Without scripts the
// browser sends it.
{
  const send = async (form, button) => {
    const body = new URLSearchParams(new FormData(form, button));
    try {
      const answer = await fetch(form.action, { method: "POST", body });
      if (answer.redirected) return location.assign(answer.url);
    } catch {
      document.querySelector(".hold").hidden = false;
      return setTimeout(() => send(form, button), 500);
    }
    // A page instead of a redirect: nothing was written, so the browser may ask for it itself.
    if (button) {
      const pressed = document.createElement("input");
      Object.assign(pressed, { type: "hidden", name: button.name, value: button.value });
      form.append(pressed);
    }
    form.submit();
  };
  let busy = false;
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method !== "post") return;
    event.preventDefault();
    if (busy) return;
    busy = true;
    send(event.target, event.submitter?.name ? event.submitter : null);
  });
}
