// The countdown of the code, and a submit button that cannot be pressed twice.

const countdown = document.querySelector(".countdown");
const form = document.querySelector("form.sheet");

function start({ left, text, expired }) {
  const end = performance.now() + Number(left) * 1000;
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    countdown.textContent = seconds ? text.replace("{time}", time) : expired;
    countdown.toggleAttribute("data-over", seconds === 0);
    if (seconds) setTimeout(tick, 250);
  };
  tick();
}

if (countdown) start(countdown.dataset);
form.addEventListener("submit", () => {
  form.querySelector("button").disabled = true;
});
// The back-forward cache restores the page with the button disabled.
addEventListener("pageshow", () => {
  form.querySelector("button").disabled = false;
});
