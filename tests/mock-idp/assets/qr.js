// Keeps the QR code beside the login form up to date, and goes on when it was confirmed on a phone. Without this
// script the page has a button for each.
(() => {
  "use strict";
  const box = document.getElementById("qr");
  const said = document.getElementById("qr-said");
  const panel = document.getElementById("qr-panel");
  if (!box || !said || !panel) return;
  let shown = null;

  // Only what changed is written, so that a screen reader is told news and nothing else, and focus stays where it is.
  const show = (now) => {
    if (now.said !== said.textContent) said.textContent = now.said;
    if (now.panel === shown) return;
    const focused = panel.contains(document.activeElement) ? document.activeElement.id : "";
    panel.innerHTML = shown = now.panel;
    if (focused) document.getElementById(focused)?.focus();
  };

  const ask = async () => {
    let wait = 2000;
    try {
      const answer = await fetch(box.dataset.status, { headers: { accept: "application/json" }, cache: "no-store" });
      if (answer.status === 404) return;
      if (answer.ok) {
        const now = await answer.json();
        show(now);
        if (now.status === "confirmed") return panel.querySelector("form").requestSubmit();
        if (now.over) return;
      } else {
        wait = 1000 * Math.max(1, Number(answer.headers.get("retry-after")) || 5);
      }
    } catch {
      wait = 5000;
    }
    setTimeout(ask, wait);
  };
  setTimeout(ask, 1000);
})();
