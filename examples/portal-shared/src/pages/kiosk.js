// The public counter's script: shows a QR code, renews it, goes on when the phone has confirmed, and ends whatever
// session is left alone. It runs on every page of whoever is logged in, and does nothing except at a counter.
"use strict";
(() => {
  const IDLE = 60;
  const WARNING = 15;
  if (!document.cookie.split("; ").includes("portal-kiosk=1")) return;

  // A page from the browser's memory is the last person's.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  const kiosk = document.getElementById("kiosk");
  if (kiosk) pair(kiosk);
  else if (document.querySelector('form[action="/auth/logout"]') || document.body.dataset.citizen) watchIdle();

  function pair(kiosk) {
    const part = (name) => document.getElementById(`kiosk-${name}`);
    const json = { accept: "application/json" };
    let events, countdown, pause = 5;

    const say = (text) => { part("status").textContent = text; };
    const stop = () => { if (events) events.close(); clearInterval(countdown); };
    const later = (seconds) => setTimeout(start, seconds * 1000);

    async function start() {
      stop();
      let answer;
      try {
        const body = new URLSearchParams({ provider: kiosk.dataset.provider, return_to: "/kiosk" });
        answer = await fetch("/auth/pairing", { method: "POST", headers: json, body });
      } catch { answer = undefined; }
      if (!answer || !answer.ok) {
        part("code").hidden = true;
        say(kiosk.dataset.failed);
        const asked = Number(answer && answer.headers.get("retry-after")) || 0;
        later(Math.max(asked, pause));
        pause = Math.min(pause * 2, 60);
        return;
      }
      pause = 5;
      show(await answer.json());
    }

    function show(pairing) {
      part("start").hidden = true;
      part("code").hidden = false;
      part("qr").src = "data:image/svg+xml," + encodeURIComponent(pairing.qr_svg);
      part("user-code").textContent = pairing.user_code;
      part("address").textContent = pairing.verification_uri;
      say("");
      const ends = Date.now() + pairing.expires_in * 1000;
      const tick = () => {
        const left = Math.max(0, Math.round((ends - Date.now()) / 1000));
        const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
        part("left").textContent = kiosk.dataset.left.replace("{}", clock);
        // The end is told by the server; this is for when nobody tells.
        if (Date.now() > ends + 15000) start();
      };
      tick();
      countdown = setInterval(tick, 1000);
      const path = `/auth/pairing/${pairing.id}`;
      events = new EventSource(`${path}/events`);
      events.addEventListener("status", (event) => follow(path, JSON.parse(event.data).status));
      events.addEventListener("error", () => {
        // The browser connects again by itself, unless it was told to stop: then the status is asked for once.
        if (events.readyState === EventSource.CLOSED) ask(path);
      });
    }

    async function ask(path) {
      try {
        const answer = await fetch(path, { headers: json });
        if (answer.ok) return follow(path, (await answer.json()).status);
      } catch { /* As if it were gone. */ }
      later(pause);
    }

    async function follow(path, status) {
      if (status === "pending") return;
      if (status === "approved") {
        stop();
        part("code").hidden = true;
        say(kiosk.dataset.approved);
        const answer = await fetch(`${path}/complete`, { method: "POST", headers: json }).catch(() => undefined);
        if (answer && answer.ok) return location.replace((await answer.json()).return_to);
        say(kiosk.dataset.denied);
        return later(8);
      }
      stop();
      if (status === "completed") return location.reload();
      if (status === "denied") {
        part("code").hidden = true;
        say(kiosk.dataset.denied);
        return later(8);
      }
      start();
    }

    start();
  }

  function watchIdle() {
    let last = Date.now();
    const touched = () => { last = Date.now(); bar.hidden = true; };
    for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "input"]) {
      addEventListener(kind, touched, { passive: true });
    }
    const english = document.documentElement.lang === "en";
    const bar = document.createElement("p");
    bar.className = "kiosk-idle";
    bar.hidden = true;
    bar.setAttribute("role", "alert");
    document.body.append(bar);
    setInterval(() => {
      const left = IDLE - Math.floor((Date.now() - last) / 1000);
      if (left <= 0) return end();
      bar.hidden = left > WARNING;
      bar.textContent = english
        ? `This session ends in ${left} seconds. Touch the screen to go on.`
        : `Phiên sẽ kết thúc sau ${left} giây. Chạm vào màn hình để tiếp tục.`;
    }, 1000);

    // A form, so that the browser follows to the provider's end of session and back.
    let ending = false;
    function end() {
      if (ending) return;
      ending = true;
      const form = document.createElement("form");
      form.method = "post";
      form.action = "/auth/logout";
      document.body.append(form);
      form.submit();
    }
  }
})();
