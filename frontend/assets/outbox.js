// Findings and appeals that are finished: each is sent under its own key until it is answered, then its photos,
// then what was said to the differences. One that is refused never holds up the next.

const FIRST_PAUSE = 30000, LONGEST_PAUSE = 300000; // ms until it is tried again by itself
const STATES = {
  sending: W.evidence.sending, again: W.evidence.again, waiting: W.evidence.waiting, sent: W.evidence.sent,
  failed: W.evidence.failed,
};
let busy = false, pauseNext = FIRST_PAUSE, retry = 0;

const unsent = (visit) => Boolean(visit.body || (visit.after && !visit.after.sent));
const waiting = () => Object.keys(book.visits).map((number) => book.visits[number]).filter(unsent);

// What keeps an answer from being one: "line", "signed_out", "not_agent", or "" when it is one.
function hindrance(answer) {
  if (passes(answer.status)) return "line";
  if (answer.status === 401) return "signed_out";
  const [first] = answer.data.errors || [];
  return answer.status === 403 && first && first.code === "not_allowed" ? "not_agent" : "";
}

function fileOf(visit, by) {
  return ask("POST", visit.path || "/v1/agent/checks/" + visit.number, visit.body, visit.key, by);
}

async function sendFinding(visit) {
  const answer = await fileOf(visit, visit.by);
  const stop = hindrance(answer);
  if (stop) return stop;
  if (answer.other) visit.faults = [W.agent.other_agent];
  else if (answer.status === 201) {
    const { stage, title, differences, attempts_left: left, dispute, uploads } = answer.data;
    const known = dispute ? { title: W.agent.appealed, dispute } : { stage, title, differences, left };
    Object.assign(visit, { told: known, photos: uploads, at: Date.now(), v: {}, place: null, faults: [] });
    await wipe("alamat/" + visit.number);
  } else {
    const faults = told(answer);
    if (faults.some((fault) => fault.field === "taken_at")) visit.taken = ""; // the phone's clock was wrong
    Object.assign(visit, { body: "", key: "", faults: faults.map((fault) => fault.message) });
  }
  await saveVisit(visit);
  return "";
}

async function sendPhotos(visit, tell) {
  const shots = Object.keys(visit.kinds).sort();
  const blobs = [];
  for (const at of shots) {
    const bytes = await unseal(PHOTO_KEY(visit.number, at));
    blobs.push(bytes && new Blob([bytes], { type: "image/jpeg" }));
  }
  const save = () => { saveVisit(visit); };
  const news = (n, state) => tell(W.evidence.photo.replace("{n}", n + 1) + ": " + STATES[state]);
  const stop = await sender(visit, blobs, save, news, () => fileOf(visit))();
  if (stop) return stop;
  visit.lost = visit.photos.filter((photo) => photo.failed).length;
  for (const at of shots) await wipe(PHOTO_KEY(visit.number, at));
  Object.assign(visit, { body: "", kinds: {}, photos: [] });
  await saveVisit(visit);
  return "";
}

async function sendAfter(visit) {
  const { text, key } = visit.after;
  const answer = await ask("POST", "/v1/agent/checks/" + visit.number + "/remarks", JSON.stringify({ text }), key);
  const stop = hindrance(answer);
  if (stop) return stop;
  visit.after = answer.status === 201 ? { sent: true } : null;
  visit.faults = answer.status === 201 ? [] : told(answer).map((fault) => fault.message);
  await saveVisit(visit);
  return "";
}

async function sendVisit(visit, tell) {
  let stop = visit.told ? "" : await sendFinding(visit);
  if (!stop && visit.told && visit.body) stop = await sendPhotos(visit, tell);
  if (!stop && visit.told && visit.after && !visit.after.sent) stop = await sendAfter(visit);
  return stop;
}

// Send all that waits; `tell` hears how far it is, `done` what is in the way, "" for nothing.
async function sendAll(tell, done) {
  if (busy || !sealing || !waiting().length) return;
  busy = true;
  clearTimeout(retry);
  let stop = "";
  for (const visit of waiting()) {
    if (!stop) {
      tell(W.agent.sending.replace("{name}", nameOf(visit)));
      stop = await sendVisit(visit, tell).catch(() => "line"); // the phone's own store failed: later
    }
  }
  busy = false;
  if (stop === "line" && navigator.onLine) {
    retry = setTimeout(() => sendAll(tell, done), pauseNext * (0.8 + Math.random() * 0.4));
    pauseNext = Math.min(LONGEST_PAUSE, pauseNext * 2);
  } else pauseNext = FIRST_PAUSE;
  done(stop);
}
