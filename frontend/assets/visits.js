// The page of who goes and looks: PIN, the list by village and day, one visit at a time. All of it
// works without a network but for asking and sending; what was written outlives the page.

const IDLE = 900000; // ms without a touch until the PIN is asked for again
let book = { list: null, visits: {} };
let news = make("p", { role: "status", class: "said" });
let saving = Promise.resolve();
let touched = Date.now();
let writing = false; // a form is on screen: nothing may take it from under the fingers

// Keep a visit as it is when its turn comes, so that what was written last is what stays.
function saveVisit(visit, before) {
  saving = saving.then(async () => {
    if (before) await before();
    if (sealing) await sealText("isi/" + visit.number, visit);
  }).catch(() => { fill(news, W.agent.full); });
  return saving;
}

function pinField(id, label, hint) {
  const input = make("input", { id, name: id, type: "password", inputmode: "numeric", maxlength: "32", autocomplete: "off", class: "w16" });
  if (hint) input.setAttribute("aria-describedby", id + "-hint");
  const box = make("div", { class: "field" }, make("label", { for: id }, label));
  box.append(...[described(id, hint), input].filter(Boolean));
  return box;
}

// --- PIN

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

async function lock() {
  await saving;
  sealing = null;
  book = { list: null, visits: {} };
  askPin();
}

// --- what lies on the phone

async function opened() {
  touched = Date.now();
  book.list = (await lying("daftar")) || null;
  for (const name of await names()) {
    if (/^isi\//.test(name)) {
      const visit = await unsealText(name);
      if (visit) book.visits[visit.number] = visit;
    }
  }
  await route();
  if (navigator.onLine) refresh();
  send();
}

function visitOf(number) {
  const row = ((book.list || {}).checks || []).find((one) => one.check === number);
  if (!book.visits[number] && !row) return null;
  return book.visits[number] || { number, row, v: {}, place: null, kinds: {}, body: "", key: "", faults: [], told: null, after: null };
}

async function discard(visit) {
  delete book.visits[visit.number];
  await saving;
  for (const at of Object.keys(visit.kinds)) await wipe(PHOTO_KEY(visit.number, at));
  await wipe("isi/" + visit.number);
}

// --- the line

const HINDRANCES = { line: W.agent.no_line, signed_out: W.agent.sign_in_first, not_agent: W.agent.not_agent };

function signInLink() {
  return make("a", { class: "btn", href: SIGN_IN }, W.agent.sign_in);
}

function hindered(stop) {
  fill(news, HINDRANCES[stop] || "");
  const link = byId("masuk");
  if (link) fill(link, stop === "signed_out" || stop === "not_agent" ? signInLink() : "");
}

function send() {
  return sendAll((text) => fill(news, text), async (stop) => {
    if (!writing) await route();
    if (stop) hindered(stop);
    else refresh();
  });
}

// Ask for the list anew; addresses of visits that are no longer on it go.
async function refresh(pressed) {
  if (busy) return;
  const before = JSON.stringify((book.list || {}).checks);
  const answer = await ask("GET", "/staff/agent/checks");
  if (answer.status !== 200) {
    hindered(hindrance(answer) || "line");
    return;
  }
  book.list = Object.assign({ at: new Date().toLocaleString("id-ID", { dateStyle: "medium", timeStyle: "short" }) }, answer.data);
  await lay("daftar", book.list);
  const mine = book.list.checks.map((row) => "alamat/" + row.check);
  for (const name of await names()) {
    if (/^alamat\//.test(name) && mine.indexOf(name) < 0) await wipe(name);
  }
  if (!location.hash.slice(1) && (pressed || JSON.stringify(book.list.checks) !== before)) showList();
}

// --- the list

const STATES_OF = (visit) => (!visit ? "" : visit.faults.length ? W.agent.state_refused : visit.told && !unsent(visit)
  ? W.agent.state_sent : unsent(visit) ? W.agent.state_waiting : W.agent.state_begun);

function rowView(row) {
  const visit = book.visits[row.check];
  const state = STATES_OF(visit);
  const tried = row.attempts.length && !visit ? W.agent.tried.replace("{n}", row.attempts_left) : "";
  const link = make("a", { href: "#" + row.check }, W.agent.visit + " " + row.check);
  const due = make("span", {}, W.agent.due + " " + row.due_text + ". ", tried);
  return make("li", {}, link, make("br", {}), due, state ? make("b", {}, state) : "");
}

// By village, the village with the nearest day first; the API gives the nearest day first.
function byVillage(rows) {
  const villages = [];
  rows.forEach((row) => {
    const known = villages.find((one) => one.code === row.village);
    if (known) known.rows.push(row);
    else villages.push({ code: row.village, name: row.village_name + ", " + row.district_name, rows: [row] });
  });
  return villages.map((one) => section(one.name, make("ul", { class: "plain visits" }, ...one.rows.map(rowView))));
}

function showList() {
  writing = false;
  const rows = (book.list || { checks: [] }).checks;
  const others = Object.keys(book.visits).filter((number) => !rows.some((row) => row.check === number));
  const queued = waiting().length;
  const bring = book.list ? make("details", {}, make("summary", {}, W.agent.bring), list(book.list.bring)) : "";
  news = make("p", { role: "status", class: "said" }, navigator.onLine ? "" : W.agent.no_line);
  present(
    W.agent.title, make("h1", {}, W.agent.title), news, make("div", { id: "masuk" }),
    queued ? section(W.agent.queued.replace("{n}", queued), button(W.agent.send_now, send, "")) : "",
    ...byVillage(rows), rows.length ? "" : make("p", {}, book.list ? W.agent.none : W.agent.no_list),
    others.length ? section(W.agent.written, make("ul", { class: "plain visits" }, ...others.map((number) => rowView(book.visits[number].row)))) : "",
    bring, book.list ? make("p", { class: "small" }, W.agent.listed + " " + book.list.at + ".") : "",
    button(W.agent.refresh, refresh), button(W.agent.lock, lock), button(W.agent.sign_out, leave)
  );
}

async function leave() {
  const answer = await signOut();
  if (answer.status === 200) location.assign(answer.data.to);
  else hindered("line");
}

// --- one visit

function facts(pairs) {
  return make("dl", { class: "rows" }, ...pairs.map(([name, ...lines]) => make(
    "div", {}, make("dt", {}, name), ...lines.map((line) => make("dd", {}, line))
  )));
}

async function whereabouts(visit) {
  const box = make("div", {});
  const kept = await unsealText("alamat/" + visit.number);
  const show = (where) => fill(box, facts([
    [W.agent.name, where.name], [W.agent.address, where.line, "RT " + where.rt + " RW " + where.rw],
  ]));
  if (kept) show(kept);
  else {
    const press = button(W.agent.where_open, async () => {
      press.disabled = true;
      const answer = await ask("GET", "/staff/agent/checks/" + visit.number);
      press.disabled = false;
      const stop = hindrance(answer);
      if (stop) hindered(stop);
      else if (answer.status !== 200) fill(news, told(answer)[0].message);
      else {
        await sealText("alamat/" + visit.number, answer.data);
        show(answer.data);
      }
    });
    fill(box, make("p", {}, W.agent.where_why), press);
  }
  return section(W.agent.where, box);
}

function differenceView(visit) {
  const differences = visit.told.differences.map((one) => [
    one.question, W.agent.declared + ": " + one.declared, W.agent.found + ": " + one.found,
  ]);
  if (visit.told.stage === "assigned") return make("p", {}, W.agent.tried.replace("{n}", visit.told.left));
  if (visit.told.stage !== "done") return "";
  return section(W.agent.differences, differences.length ? facts(differences) : make("p", {}, W.agent.same));
}

function afterForm(visit) {
  if (visit.told.stage !== "done" || visit.body) return "";
  if (visit.after) return make("p", {}, visit.after.sent ? W.agent.after_sent : W.agent.after_waiting);
  const form = make("form", {}, noteField("after", W.agent.after, W.agent.after_hint), make("button", { class: "btn plain-btn" }, W.agent.after_send));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = plainText(byId("after").value);
    tell(byId("after").parentNode, text ? "" : W.faults.required);
    if (!text) return;
    visit.after = { text, key: newKey(), sent: false };
    await saveVisit(visit);
    await route();
    send();
  });
  return form;
}

function throwAway(visit, text, ask) {
  return make("p", {}, button(text, async () => {
    if (ask && !window.confirm(ask)) return;
    await discard(visit);
    location.hash = "";
    refresh();
  }, ask ? "link" : ""));
}

function sentView(visit) {
  const lost = visit.lost ? make("p", {}, W.agent.photos_lost.replace("{n}", visit.lost)) : "";
  const more = visit.body ? button(W.agent.send_now, send, "") : throwAway(visit, W.agent.close);
  return [differenceView(visit), lost, afterForm(visit), more];
}

async function draftView(visit) {
  if (visit.body) return [make("p", {}, W.agent.frozen), button(W.agent.send_now, send, "")];
  const saved = make("p", { class: "small" });
  const save = (before) => {
    book.visits[visit.number] = visit;
    visit.faults = [];
    return saveVisit(visit, before).then(() => fill(saved, W.agent.saved + " " + new Date().toTimeString().slice(0, 5)));
  };
  const form = await visitForm(visit, save, async (finding) => {
    Object.assign(visit, { body: finding, key: newKey() });
    await save();
    await route();
    send();
  });
  const begun = book.visits[visit.number] ? throwAway(visit, W.agent.discard, W.agent.discard_ask) : "";
  return [make("p", {}, W.agent.form_hint), form, saved, begun];
}

async function showVisit(visit) {
  const { row, faults } = visit;
  writing = !visit.told && !visit.body;
  const title = visit.told ? visit.told.title : W.agent.visit + " " + visit.number;
  const back = make("a", { class: "back", href: "#" }, W.agent.title);
  news = make("p", { role: "status", class: "said" });
  const about = facts([[W.agent.number, visit.number], [W.agent.village, row.village_name + ", " + row.district_name], [W.agent.due, row.due_text]]);
  const rest = visit.told ? sentView(visit) : [visit.body ? "" : await whereabouts(visit), ...(await draftView(visit))];
  const refused = faults.length ? make("div", { class: "note warn" }, make("p", {}, W.agent.refused), list(faults)) : "";
  present(title, back, make("h1", {}, title), about, news, make("div", { id: "masuk" }), refused, ...rest);
}

function route() {
  if (!sealing) return undefined;
  const visit = visitOf(location.hash.slice(1));
  return visit ? showVisit(visit) : showList();
}

// --- beginning

// The worker keeps this page on the phone; under trusted types its address needs a policy.
function installWorker() {
  if (!navigator.serviceWorker) return;
  const address = "/petugas/sw.js";
  const policy = window.trustedTypes && window.trustedTypes.createPolicy("sw", { createScriptURL: () => address });
  navigator.serviceWorker.register(policy ? policy.createScriptURL("") : address).catch(() => undefined);
}

async function start() {
  if (!window.indexedDB || !window.crypto.subtle) {
    fill(main, make("h1", {}, W.agent.title), make("p", {}, W.agent.too_old));
    return;
  }
  await wipeOld();
  if (await lying("pin")) askPin();
  else makePinForm();
}

window.addEventListener("hashchange", route);
window.addEventListener("online", () => { send(); });
window.addEventListener("load", installWorker);
["click", "input", "keydown"].forEach((kind) => window.addEventListener(kind, () => { touched = Date.now(); }));
setInterval(() => {
  if (sealing && !busy && Date.now() - touched > IDLE) lock();
}, 30000);
start();
