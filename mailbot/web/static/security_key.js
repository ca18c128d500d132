// Asks the browser for a security key (WebAuthn Level 2) and posts what it answers. Without it, an app or a recovery code.
const form = document.getElementById("security-key");
const again = document.getElementById("security-key-again");
const problem = document.getElementById("security-key-problem");

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
const known = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

function options() {
  const given = JSON.parse(form.dataset.options);
  given.challenge = bytes(given.challenge);
  if (given.user) given.user.id = bytes(given.user.id);
  if (given.excludeCredentials) given.excludeCredentials = known(given.excludeCredentials);
  if (given.allowCredentials) given.allowCredentials = known(given.allowCredentials);
  return { publicKey: given };
}

function written(credential) {
  const { response } = credential;
  const parts = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) parts[name] = text(response[name]);
  }
  if (response.getTransports) parts.transports = response.getTransports();
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response: parts });
}

async function ask() {
  again.hidden = true;
  problem.textContent = "";
  try {
    document.getElementById("credential").value = written(await navigator.credentials[form.dataset.act](options()));
    form.submit();
  } catch {
    problem.textContent = "The key did not answer, or cannot be used here.";
    again.hidden = false;
  }
}

again.addEventListener("click", ask);
ask();
