// Keeps a review a few seconds after the last key. Without it, the button "Keep for later" does the same.
const form = document.querySelector("form[data-keep]");
const status = document.getElementById("kept");
const WAIT = 3000;
const FAILED = "What you write could not be kept. Copy it before you leave the page.";
let waits;
let asks;

async function keep() {
  asks?.abort(); // an older text must not land after a newer one
  asks = new AbortController();
  try {
    const answer = await fetch(form.dataset.keep, {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "application/json" },
      redirect: "error",
      signal: asks.signal,
    });
    status.textContent = answer.ok ? (await answer.json()).kept : FAILED;
  } catch (error) {
    if (error.name !== "AbortError") status.textContent = FAILED;
  }
}

if (form && status) {
  form.addEventListener("input", () => {
    clearTimeout(waits);
    waits = setTimeout(keep, WAIT);
  });
  form.addEventListener("submit", () => {
    clearTimeout(waits);
    asks?.abort();
  });
}
