// Keeps the ages on the page true while it stays open. It asks the server for nothing: a session that idles must end.
const UNITS = [["day", 1440], ["hour", 60], ["minute", 1]];

function inWords(since) {
  const minutes = Math.max(0, Math.floor((Date.now() - since) / 60000));
  const [unit, length] = UNITS.find(([, one]) => minutes >= one) || UNITS[2];
  const count = Math.floor(minutes / length);
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

function tick() {
  for (const age of document.querySelectorAll("time[data-age]")) {
    age.textContent = inWords(Date.parse(age.dateTime));
  }
}

setInterval(tick, 15000);
