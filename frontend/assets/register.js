// The way through the form: one thing per page, the address's #name says which.

const start = Array.from(main.childNodes);
const entry = main.querySelector("form");
let sending = false;

function stepNow() {
  return decodeURIComponent(location.hash.slice(1));
}

function go(step) {
  if (stepNow() === step) show();
  else location.hash = step;
}

function before(step) {
  const part = partOfStep(step);
  if (part.name === "keadaan") return "anggota-" + part.index;
  if (part.member) return draft.m.some((m, i) => isComplete(m, i)) ? "anggota" : "kontak";
  return ORDER[ORDER.indexOf(step) - 1] || "";
}

function after(step) {
  const part = partOfStep(step);
  if (part.name === "identitas") return "anggota-" + part.index + "-keadaan";
  if (part.name === "keadaan") return "anggota";
  if (draft.seen) return "periksa";
  const next = ORDER[ORDER.indexOf(step) + 1];
  return next === "anggota" && !draft.m.length ? "anggota-0" : next;
}

function show() {
  // What was sent and not answered stays as it is, so there is only the page to send it again.
  const step = draft && draft.body ? "periksa" : stepNow();
  const bill = kept(RECEIPT);
  if (!draft && bill) {
    showReceipt(bill);
    return;
  }
  const name = partOfStep(step).name;
  if (!draft || !byId("t-" + name)) {
    showStart();
    return;
  }
  const at = ORDER.indexOf(partOfStep(step).member ? "anggota" : step) + 1;
  const count = W.register.step.replace("{n}", at).replace("{of}", ORDER.length);
  const back = draft.body ? "" : make("a", { class: "back", href: "#" + before(step) }, W.site.back);
  const form = copyStep(step);
  if (partOfStep(step).member) form.querySelector("h1").textContent = memberTitle(partOfStep(step));
  if (name === "anggota") drawMembers(form);
  else if (name === "periksa") drawCheck(form);
  else drawFields(form, step);
  present(form.dataset.title, back, make("p", { class: "count" }, count), form);
  if (name !== "periksa") markHeard(form);
}

function memberTitle(part) {
  const member = draft.m[part.index] || {};
  if (part.name === "keadaan") return W.members.situation_of.replace("{name}", (member.name || "").trim());
  return part.index === 0 ? W.members.head : W.correct.person.replace("{n}", part.index + 1);
}

function showStart() {
  document.title = pageTitle;
  fill(main, ...start);
  const old = byId("isian");
  if (old) old.remove();
  if (!draft) return;
  const resume = make("a", { class: "btn", href: "#" + (draft.at || ORDER[0]) }, W.register.draft_resume);
  const discard = button(W.register.draft_discard, () => {
    dropDraft();
    showStart();
  });
  const box = make("div", { class: "note", id: "isian" }, make("h2", {}, W.register.draft_heading), resume, " ", discard);
  main.insertBefore(box, main.querySelector("h1").nextSibling);
}

function drawFields(form, step) {
  const part = partOfStep(step);
  form.noValidate = true;
  if (step === "alamat") splitVillages(form);
  restore(form);
  if (part.member) hideUnasked(form, part.index);
  if (draft.at !== step) draft.at = step;
  save();
  const heard = (event) => event.target.name && remember(event.target);
  form.addEventListener("input", heard);
  form.addEventListener("change", heard);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const faults = faultsOf(form);
    summarize(faults);
    if (!faults.length) go(after(step));
  });
}

// Beside each field, what the API said about it.
function markHeard(form) {
  form.querySelectorAll(".field").forEach((field) => {
    const message = field.querySelector("[name]") && heardFaults[pathOf(field)];
    if (!message) return;
    tell(field, message);
    focusOn(field);
  });
}

function drawMembers(form) {
  draft.m = draft.m.filter((member) => Object.keys(member).length);
  const box = form.querySelector(".people-here");
  box.append(draft.m.length ? memberRows("list") : make("p", {}, W.members.none_yet));
  const add = form.querySelector(".add");
  const full = draft.m.length >= Number(form.dataset.most);
  add.hidden = full;
  add.setAttribute("href", "#anggota-" + draft.m.length);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const odd = draft.m.findIndex((member, index) => !isComplete(member, index));
    if (!draft.m.length) go("anggota-0");
    else if (odd >= 0) {
      const message = (draft.m[odd].name || W.members.one) + ": " + W.faults.unfinished;
      summarize([{ message, go: () => go("anggota-" + odd) }]);
    } else go(after("anggota"));
  });
}

function missing() {
  const faults = [];
  ORDER.forEach((step) => {
    if (step === "anggota" || step === "periksa") return;
    const form = copyStep(step);
    restore(form);
    faultsOf(form).forEach((fault) => faults.push({ field: fault.field, message: fault.message, go: () => go(step) }));
  });
  draft.m.forEach((member, index) => {
    if (isComplete(member, index)) return;
    faults.push({ message: (member.name || W.members.one) + ": " + W.faults.unfinished, go: () => go("anggota-" + index) });
  });
  if (!draft.m.length) faults.push({ message: W.members.none_yet, go: () => go("anggota-0") });
  return faults;
}

function drawCheck(form) {
  draft.seen = true;
  draft.at = "periksa";
  save();
  const box = form.querySelector(".answers");
  ORDER.forEach((step) => {
    if (step === "periksa") return;
    const title = byId("t-" + step).content.firstElementChild.dataset.title;
    const heading = make("div", { class: "head" }, make("h2", {}, title));
    const rows = step === "persetujuan"
      ? make("p", {}, draft.v["consent.agreed"] ? W.check.agreed : W.site.empty)
      : step === "anggota" ? memberRows("check") : rowsOf(step);
    if (!draft.body) heading.append(changeLink(step, title));
    box.append(heading, rows);
  });
  if (draft.body) form.querySelector("button").textContent = W.check.again;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!sending) send(form);
  });
}

// While no answer came the body is frozen: what is sent again is what was sent before, under the
// same key, so the registry can tell a repeat from another family.
async function send(form) {
  if (!draft.body) {
    const faults = missing();
    summarize(faults);
    if (faults.length) return;
    draft.body = requestBody();
    save();
  }
  sending = true;
  const press = form.querySelector("button");
  const said = form.querySelector(".said");
  press.setAttribute("aria-disabled", "true");
  fill(said, make("p", {}, W.check.sending));
  const answer = await post("/v1/registrations", draft.body, draft.key);
  sending = false;
  press.removeAttribute("aria-disabled");
  fill(said);
  if (answer.status === 201 || answer.status === 200) {
    keep(RECEIPT, answer.data);
    dropDraft();
    history.replaceState(null, "", "#bukti");
    showReceipt(answer.data);
  } else if (passes(answer.status)) {
    showUnsent(form);
  } else {
    draft.body = "";
    draft.key = newKey();
    save();
    heard(told(answer));
  }
}

function showUnsent(form) {
  go("periksa");
  const old = main.querySelector(".unsent");
  if (old) old.remove();
  const steps = make("ol", {});
  W.offline.steps.forEach((line) => steps.append(make("li", {}, line)));
  const again = button(W.check.again, () => !sending && send(main.querySelector("form")), "");
  const box = make(
    "div", { class: "summary unsent", role: "alert", tabindex: "-1" },
    make("h2", {}, W.offline.saved_heading), make("p", {}, make("b", {}, W.offline.saved)), steps, again
  );
  main.insertBefore(box, main.firstChild);
  box.focus();
}

function heard(errors) {
  errors.forEach((error) => { heardFaults[error.field] = error.message; });
  go("periksa");
  summarize(errors.map((error) => {
    const step = error.field ? stepOf(error.field) : "";
    return { field: error.field, message: error.message, go: step ? () => go(step) : null };
  }));
}

function showReceipt(data) {
  // A screen reader is told the new state, not the whole answer, which stands below it.
  const news = make("p", { role: "status" });
  const rest = make("div", {});
  const box = section(W.receipt.status_heading, news, rest);
  const draw = (state) => {
    const moves = MOVES_BY_ITSELF.indexOf(state.state) >= 0;
    fill(news, make("b", {}, state.title));
    fill(rest, ...nextView(state), moves ? make("p", {}, W.receipt.auto) : "", ...stateView(state, data.receipt));
  };
  draw(data);
  const finish = button(W.receipt.finish, () => {
    keep(RECEIPT, null);
    location.href = "/";
  });
  present(
    W.receipt.title, ...receiptView(data), box,
    section(W.receipt.spell_heading, make("p", {}, spell(data.receipt))),
    make("div", { class: "noprint" }, finish, make("p", { class: "hint" }, W.receipt.finish_hint))
  );
  follow(data.receipt, draw);
}

entry.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!draft) newDraft();
  go(ORDER[0]);
});
window.addEventListener("hashchange", () => {
  const step = stepNow();
  if (step === "" || step === "bukti" || byId("t-" + partOfStep(step).name)) show();
});
window.addEventListener("online", () => {
  if (draft && draft.body && !sending && stepNow() === "periksa") send(main.querySelector("form"));
});
if (draft || kept(RECEIPT)) show();
