// The forms of sanggah: appeal, objection, the family's answer, more evidence. The text goes first
// and gets a number; then the photos follow. Without this script the forms post as they are.

const STATES = {
  queued: W.evidence.queued, sending: W.evidence.sending, again: W.evidence.again,
  waiting: W.evidence.waiting, sent: W.evidence.sent, failed: W.evidence.failed,
};
const CARRIED = "tepat.lanjut"; // what the status page hands over: {act, receipt, dispute, claim, by}
const SIGN_IN = "/v1/person/sign-in?to=" + location.pathname;
const carried = kept(CARRIED) || {};
const template = carried.act && byId("t-" + carried.act);
if (template) {
  fill(main, template.content.cloneNode(true));
  document.title = main.querySelector("h1").textContent + " – Tepat";
  main.querySelectorAll("[data-told]").forEach((place) => {
    place.textContent = carried[place.dataset.told] || "";
    place.parentNode.hidden = !place.textContent;
  });
}
const form = main.querySelector("form[data-sanggah]");
const KIND = form ? form.dataset.sanggah : "";
const ALONE = ["objection", "report", "own_appeal"].indexOf(KIND) >= 0; // carries nothing over from another page
const ABOUT = ALONE ? "" : carried.dispute || carried.receipt || "";
const NAME = "tepat." + KIND + ABOUT + ".";
const SIGNED_IN = KIND === "objection" || KIND === "own_appeal" || Boolean(carried.signed);
checks.optional = () => "";
let task = kept(NAME) || { key: newKey(), v: {}, body: "" };
let slots, sending = false;

function saveTask() {
  keep(NAME, task);
}

function forget() {
  keep(NAME, null);
  keep(CARRIED, null);
  task.photos.forEach((photo, n) => keep(NAME + (n + 1), null));
}

function bodyOf(photos) {
  const body = {};
  form.querySelectorAll(".field[data-check]").forEach((field) => {
    const name = pathOf(field);
    const text = textOf(field).replace(/\s+/g, " ").trim();
    if (name === "stated") body.stated = true;
    else if (name !== "declared" && text) body[name] = text; // what may stay empty is left out
  });
  if (template) Object.assign(body, { dispute: carried.dispute }, carried.receipt ? { receipt: carried.receipt } : {});
  body.photos = photos.map((photo) => ({ type: photo.kind, size: photo.blob.size }));
  return JSON.stringify(body);
}

function controls() {
  return Array.from(form.querySelectorAll("input[name],select[name],textarea[name]"));
}

// While no answer came, body and key are frozen: what is sent again is what was sent before.
function freeze() {
  controls().forEach((control) => { control.disabled = Boolean(task.body); });
  slots.freeze(Boolean(task.body));
}

async function file(photos) {
  const press = form.querySelector("button.btn:not([type])");
  const going = form.querySelector(".going");
  sending = true;
  if (!task.body) task.body = bodyOf(photos);
  saveTask();
  freeze();
  press.setAttribute("aria-disabled", "true");
  fill(going, make("p", {}, W.evidence.posting));
  const path = form.getAttribute("action");
  const answer = await post(path, task.body, task.key, SIGNED_IN);
  press.removeAttribute("aria-disabled");
  fill(going);
  sending = false;
  if (answer.status === 200 || answer.status === 201) {
    const receipt = JSON.parse(task.body).receipt || "";
    task = {
      path, body: task.body, key: task.key, signed: SIGNED_IN, receipt, at: Date.now(),
      label: form.dataset.label, then: form.dataset.then, go: form.dataset.go,
      dispute: answer.data.dispute || answer.data.report || carried.dispute, title: form.dataset.done, photos: answer.data.uploads || [],
    };
    saveTask();
    showSending(photos.map((photo) => photo.blob));
    return;
  }
  if (!passes(answer.status)) {
    task.body = "";
    task.key = newKey();
  }
  saveTask();
  freeze();
  const faults = answer.status === 401 ? [signIn()] : told(answer).map(beside);
  if (task.body) faults.push({ message: W.evidence.frozen });
  summarize(faults);
}

function beside(fault) {
  const control = byId((fault.field || "").replace(/\./g, "-"));
  const field = control && control.closest(".field");
  if (field) {
    tell(field, fault.message);
    fault.go = () => control.focus();
  } else if (/^photos/.test(fault.field || "")) fault.go = () => slots.first.focus();
  return fault;
}

function signIn() {
  const way = byId("masuk");
  return { field: "masuk", message: W.sanggah.sign_in_first, go: way && (() => way.focus()) };
}

// The number, and what becomes of each photo.
function showSending(blobs) {
  const states = task.photos.map((photo, n) => {
    const bar = make("progress", { max: "1", value: photo.sent ? "1" : "0", "aria-label": W.evidence.photo.replace("{n}", n + 1) });
    return { bar, said: make("p", {}, STATES[photo.sent ? "sent" : "queued"]) };
  });
  const news = make("p", { role: "status" }, states.length ? W.evidence.keep_open : "");
  const again = button(W.evidence.go_on, () => go(), "");
  again.hidden = true;
  const number = make("p", {}, (task.label || W.sanggah.number) + ": ", make("b", {}, task.dispute));
  const rows = states.map((state, n) => make("li", {}, W.evidence.photo.replace("{n}", n + 1), state.said, state.bar));
  const end = make("div", {});
  present(
    task.title, make("h1", {}, task.title), number, make("p", {}, task.then || W.sanggah.received),
    rows.length ? make("ol", { class: "photos" }, ...rows) : "", news, again, end
  );
  const send = sender(task, blobs, saveTask, (n, state, part) => {
    const text = STATES[state];
    if (states[n].said.textContent !== text) fill(states[n].said, text);
    if (part !== undefined) states[n].bar.value = part;
    if (state === "sent") states[n].bar.value = 1;
    const heard = W.evidence.photo.replace("{n}", n + 1) + ": " + text;
    if (news.textContent !== heard) fill(news, heard);
  }, () => post(task.path, task.body, task.key, task.signed));
  const go = async () => {
    if (sending || !task.title) return;
    sending = true;
    again.hidden = true;
    const stop = await send();
    sending = false;
    if (stop) {
      again.hidden = stop !== "line";
      fill(news, stop === "line" ? W.evidence.no_line : W.sanggah.sign_in_first);
      fill(end, stop === "line" ? "" : make("a", { class: "btn", href: SIGN_IN }, W.sanggah.sign_in));
      return;
    }
    const failed = task.photos.some((photo) => photo.failed);
    if (rows.length) fill(news, failed ? W.evidence.some_failed : W.evidence.all_sent);
    const receipt = task.receipt;
    const done = task;
    forget();
    task = {};
    if (done.go) { // a report: its number opens its steps, by a form as it is without this script
      const way = make("form", { method: "post", action: "/v1/reports/status" });
      way.append(make("input", { type: "hidden", name: "receipt", value: done.dispute }), make("button", { class: "btn" }, done.go));
      fill(end, way);
      return;
    }
    const link = make("a", { class: "btn", href: receipt ? "/status/" : "/sanggah/saya/" }, W.sanggah.to_status);
    link.addEventListener("click", () => keep(CARRIED, receipt ? { receipt } : null));
    fill(end, link);
  };
  window.addEventListener("online", go);
  go();
}

// On a slow line people fill in before this script is there: what they did stays, and is kept.
function hearWhatWasSaid() {
  if (task.body) return; // it has been sent as it was
  controls().forEach((control) => {
    const box = /radio|checkbox/.test(control.type);
    const said = box ? control.checked && !control.defaultChecked : control.value !== (control.defaultValue || "");
    if (!control.name || !said) return;
    task.v[control.name] = control.value;
    saveTask();
  });
}

function restore() {
  hearWhatWasSaid();
  const receipt = carried.receipt || (kept("tepat.bukti") || {}).receipt;
  controls().forEach((control) => {
    const value = control.name === "receipt" ? task.v.receipt || receipt : task.v[control.name];
    if (/radio|checkbox/.test(control.type)) control.checked = control.value === value;
    else if (value) control.value = value;
  });
}

function begin() {
  const declared = byId("declared");
  const box = form.querySelector("[data-count]");
  form.noValidate = true;
  if (declared) declared.name = "declared"; // kept, never sent: without it there is no sending
  restore();
  slots = photoSlots(box, NAME);
  freeze();
  // Written down at each keystroke: a phone may put the page to sleep while the camera is open.
  const heard = (event) => {
    const control = event.target;
    if (!control.name) return;
    task.v[control.name] = control.type === "checkbox" && !control.checked ? "" : control.value;
    saveTask();
  };
  form.addEventListener("input", heard);
  form.addEventListener("change", heard);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (sending) return;
    await slots.ready();
    const faults = faultsOf(form);
    const photos = slots.photos();
    if (photos.length < Number(box.dataset.least)) {
      faults.push({ field: "foto-1", message: W.evidence.needed, go: () => slots.first.focus() });
    }
    summarize(faults);
    if (!faults.length && !sending) file(photos);
  });
  window.addEventListener("online", () => {
    if (task.body && !sending) file(slots.photos());
  });
}

if (task.title) showSending(task.photos.map((photo, n) => (keptPhoto(NAME + (n + 1)) || {}).blob));
else if (form) begin();
