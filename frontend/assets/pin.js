// The PIN of an agent's phone: chosen once, asked for whenever the page opens or was left alone.

const IDLE = 900000; // ms without a touch until it is asked for again
let touched = Date.now();

function pinField(id, label, hint) {
  const input = make("input", { id, name: id, type: "password", inputmode: "numeric", maxlength: "32", autocomplete: "off", class: "w16" });
  if (hint) input.setAttribute("aria-describedby", id + "-hint");
  const box = make("div", { class: "field" }, make("label", { for: id }, label));
  box.append(...[described(id, hint), input].filter(Boolean));
  return box;
}

function pinFault(pin, again) {
  if (pin.length < PIN_LEAST) return W.agent.pin_short;
  if (/^(.)\1*$/.test(pin) || "01234567890 09876543210".indexOf(pin) >= 0) return W.agent.pin_easy;
  return pin === again ? "" : W.agent.pin_differs;
}

function pinForm(title, fields, act, ...after) {
  const press = make("button", { class: "btn" }, title.button);
  const form = make("form", {}, ...fields, press);
  form.noValidate = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    press.disabled = true;
    const [fault, at] = await act((id) => byId(id).value.trim());
    press.disabled = false;
    if (!fault) return;
    tell(byId(at).parentNode, fault);
    byId(at).focus();
  });
  present(title.heading, make("h1", {}, title.heading), ...title.lines.map((line) => make("p", {}, line)), form, ...after);
}

function makePinForm() {
  const title = { heading: W.agent.pin_new_title, button: W.agent.pin_save, lines: [W.agent.lead, W.agent.pin_why, W.agent.pin_lost] };
  const fields = [pinField("pin", W.agent.pin, W.agent.pin_hint), pinField("pin-again", W.agent.pin_again, "")];
  pinForm(title, fields, async (value) => {
    const fault = pinFault(value("pin"), value("pin-again"));
    if (fault) return [fault, fault === W.agent.pin_differs ? "pin-again" : "pin"];
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
    await makePin(value("pin"));
    opened();
    return [];
  });
}

function askPin() {
  const title = { heading: W.agent.open_title, button: W.agent.open, lines: [] };
  const forget = button(W.agent.forgot, async () => {
    if (!window.confirm(W.agent.forgot_ask)) return;
    await wipeAll();
    start();
  }, "link");
  pinForm(title, [pinField("pin", W.agent.pin, "")], async (value) => {
    if (!(await unlock(value("pin")))) return [W.agent.pin_wrong, "pin"];
    opened();
    return [];
  }, make("p", {}, forget));
}

// Loading the page anew is the sure way to leave no key, no name and no half-done sending in memory.
async function lock() {
  await saving;
  location.reload();
}

["click", "input", "keydown"].forEach((kind) => window.addEventListener(kind, () => { touched = Date.now(); }));
setInterval(() => {
  if (sealing && !busy && Date.now() - touched > IDLE) lock();
}, 30000);
