// The page of who goes and looks: what lies on the phone, the line, the list by village and day. It
// works without a network but for asking and sending; what was written outlives the page.

let book = { list: null, visits: {} };
let news = make("p", { role: "status", class: "said" });
let saving = Promise.resolve();
const pending = new Set(); // numbers of visits whose turn to be kept has not come
let writing = false; // a form is on screen: nothing may take it from under the fingers

// Keep a visit as it is when its turn comes, so that what was written last is what stays; one turn is
// enough for all that was typed until then.
function saveVisit(visit, before) {
  if (!before && pending.has(visit.number)) return saving;
  pending.add(visit.number);
  saving = saving.then(async () => {
    pending.delete(visit.number);
    if (before) await before();
    if (sealing) await sealText("isi/" + visit.number, visit);
    return Boolean(sealing);
  }).catch(() => { fill(news, W.agent.full); });
  return saving;
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

const APPEAL = "sanggah-"; // begins the numbers of appeals, which this phone makes
const nameOf = (visit) => (visit.row ? W.agent.visit + " " + visit.number : W.agent.appeal + ", " + visit.begun);

function momentNow() {
  return new Date().toLocaleString("id-ID", { dateStyle: "medium", timeStyle: "short" });
}

function visitOf(number) {
  if (book.visits[number]) return book.visits[number];
  const { checks: rows, by } = book.list || { checks: [] };
  const row = rows.find((one) => one.check === number);
  const blank = { number, row, v: {}, place: null, kinds: {}, taken: "", body: "", key: "", faults: [], told: null, after: null };
  if (row) return blank;
  return by && number.startsWith(APPEAL) ? Object.assign(blank, { by, path: "/v1/agent/appeals", begun: momentNow() }) : null;
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
  book.list = Object.assign({ at: momentNow(), by: pass.agent }, answer.data);
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

function appealsView() {
  const begun = Object.keys(book.visits).filter((number) => !book.visits[number].row).map((number) => book.visits[number]);
  const rows = begun.map((visit) => make(
    "li", {}, make("a", { href: "#" + visit.number }, nameOf(visit)), make("br", {}), make("b", {}, STATES_OF(visit))
  ));
  const add = make("a", { class: "btn plain-btn", href: "#" + APPEAL + newKey() }, W.agent.appeal_new);
  return section(W.agent.appeals, rows.length ? make("ul", { class: "plain visits" }, ...rows) : "", make("p", {}, add));
}

function showList() {
  writing = false;
  const rows = (book.list || { checks: [] }).checks;
  const others = Object.keys(book.visits).filter((number) => book.visits[number].row && !rows.some((row) => row.check === number));
  const queued = waiting().length;
  const bring = book.list ? make("details", {}, make("summary", {}, W.agent.bring), list(book.list.bring)) : "";
  news = make("p", { role: "status", class: "said" }, navigator.onLine ? "" : W.agent.no_line);
  present(
    W.agent.title, make("h1", {}, W.agent.title), news, make("div", { id: "masuk" }),
    queued ? section(W.agent.queued.replace("{n}", queued), button(W.agent.send_now, send, "")) : "",
    ...byVillage(rows), rows.length ? "" : make("p", {}, book.list ? W.agent.none : W.agent.no_list),
    others.length ? section(W.agent.written, make("ul", { class: "plain visits" }, ...others.map((number) => rowView(book.visits[number].row)))) : "",
    book.list && book.list.by ? appealsView() : "", bring, book.list ? make("p", { class: "small" }, W.agent.listed + " " + book.list.at + ".") : "",
    button(W.agent.refresh, refresh), button(W.agent.lock, lock), button(W.agent.sign_out, leave)
  );
}

async function leave() {
  const answer = await signOut();
  if (answer.status === 200) location.assign(answer.data.to);
  else hindered("line");
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
start();
