// The forms of an agent. That of a visit: the model's own questions, what else was seen, place, photos, remark. Whatever
// could not be seen is left out. What the family declared is nowhere in it.

const STEPS = [["housing", W.steps.housing], ["utilities", W.steps.utilities], ["assets", W.steps.assets]];
const PHOTO_KEY = (number, at) => "foto/" + number + "/" + at;
const MOST_PEOPLE = 40;
const PLACE_TIME = 60000; // ms; a cold phone needs half a minute to find the satellites

function described(id, hint) {
  return hint ? make("p", { class: "hint", id: id + "-hint" }, hint) : null;
}

function attributes(id, hint, check) {
  return Object.assign({ class: "field" }, hint && { "aria-describedby": id + "-hint" }, check && { "data-check": check });
}

// options: pairs of [value, words]
function choiceField(name, legend, options, hint, style, check) {
  const id = name.replace(/\./g, "-");
  const picks = options.map(([value, words], n) => {
    const own = n ? id + "-" + (n + 1) : id;
    return make("div", { class: "pick" }, make("input", { type: "radio", id: own, name, value }), make("label", { for: own }, words));
  });
  const box = make("div", { class: "picks " + (style || "") }, ...picks);
  return make("fieldset", attributes(id, hint, check), make("legend", {}, legend), described(id, hint), box);
}

function countField(name, label, hint, low, high) {
  const id = name.replace(/\./g, "-");
  const input = make("input", Object.assign(
    { type: "text", inputmode: "numeric", id, name, class: "w3", maxlength: "4" }, hint && { "aria-describedby": id + "-hint" }
  ));
  const field = make("div", { class: "field", "data-check": "count", "data-min": low, "data-max": high });
  field.append(make("label", { for: id }, label), ...[described(id, hint), input].filter(Boolean));
  return field;
}

function dropField(name, label, options) {
  const id = name.replace(/\./g, "-");
  const choices = options.map((one) => make("option", { value: one.code }, one.text));
  const select = make("select", { id, name }, make("option", { value: "" }, W.agent.unseen), ...choices);
  return make("div", { class: "field" }, make("label", { for: id }, label), select);
}

function questionField(question) {
  const name = "answers." + question.code;
  if (question.kind === "count") {
    return countField(name, question.text, question.hint || W.agent.count_hint, question.min, question.max);
  }
  const yesNo = [["1", W.site.yes_word], ["0", W.site.no_word]];
  const options = question.kind === "yes_no" ? yesNo : question.options.map((one) => [one.code, one.text]);
  const style = question.kind === "yes_no" ? "three" : "";
  return choiceField(name, question.text, options.concat([["", W.agent.unseen]]), question.hint, style);
}

// What is asked only where somebody was met.
function metFields(list) {
  const steps = STEPS.map(([step, heading]) => {
    const asked = list.questions.filter((question) => question.step === step).map(questionField);
    return asked.length ? section(heading, ...asked) : "";
  });
  const counts = list.counts.map((one) => countField("counts." + one.code, one.text, "", 0, MOST_PEOPLE));
  const head = [
    dropField("head.schooling", W.agent.schooling, list.head.schooling),
    dropField("head.occupation", W.agent.occupation, list.head.occupation),
  ];
  return make(
    "div", {}, ...steps, section(W.agent.counts, make("p", { class: "hint" }, W.agent.count_hint), ...counts),
    section(W.agent.head, ...head)
  );
}

// Where the phone is, asked for by a button alone; whoever does not want to leaves it out.
function placeSection(visit, save) {
  const said = make("p", { role: "status", class: "said" });
  const take = button(W.agent.place_take, () => {
    fill(said, W.agent.place_wait);
    navigator.geolocation.getCurrentPosition((found) => {
      const at = found.coords;
      visit.place = { lat: at.latitude.toFixed(5), lon: at.longitude.toFixed(5), metres: Math.min(100000, Math.round(at.accuracy)) };
      save();
      show();
    }, () => fill(said, W.agent.place_refused), { enableHighAccuracy: true, timeout: PLACE_TIME });
  });
  const drop = button(W.agent.place_drop, () => {
    visit.place = null;
    save();
    show();
    take.focus();
  }, "link");
  const show = () => {
    drop.hidden = !visit.place;
    fill(said, visit.place ? W.agent.place_known.replace("{metres}", visit.place.metres) : "");
  };
  show();
  return section(W.agent.place, make("p", {}, W.agent.place_why), take, said, drop);
}

// The places for a visit's photos, which are sealed as they are chosen.
async function photosOf(visit, save, box) {
  const limits = book.list.photos;
  Object.assign(box.dataset, {
    count: limits.most, most: limits.bytes, accept: "image/*", dark: main.dataset.dark, blur: main.dataset.blur,
  });
  const found = {};
  for (const at of Object.keys(visit.kinds)) {
    const bytes = await unseal(PHOTO_KEY(visit.number, at));
    if (bytes) found[at] = { blob: new Blob([bytes], { type: "image/jpeg" }), kind: visit.kinds[at] };
    else delete visit.kinds[at];
  }
  const name = PHOTO_KEY(visit.number, "");
  const shelf = {
    kept: (key) => found[key.slice(name.length)] || null,
    keep: (key, photo) => {
      const at = key.slice(name.length);
      if (photo) visit.kinds[at] = photo.kind;
      else delete visit.kinds[at];
      save(async () => (photo ? seal(key, await new Response(photo.blob).arrayBuffer()) : wipe(key)));
    },
  };
  return photoSlots(box, name, shelf);
}

function restore(form, v) {
  form.querySelectorAll("[name]").forEach((control) => {
    const value = v[control.name];
    if (/radio|checkbox/.test(control.type)) control.checked = control.value === value;
    else if (value) control.value = value;
  });
}

// The finding as it is sent; made once, when it is finished. One that was refused and is finished
// again is still of the hour of the visit.
function findingOf(visit, list, photos) {
  visit.taken = visit.taken || new Date().toISOString().slice(0, 19) + "Z";
  const body = { outcome: visit.v.outcome, taken_at: visit.taken };
  if (visit.place) body.place = visit.place;
  if (body.outcome === "met") {
    Object.assign(body, { answers: {}, counts: {}, head: {} });
    list.questions.forEach(({ code, kind }) => {
      const text = (visit.v["answers." + code] || "").trim();
      if (text) body.answers[code] = kind === "choice" ? text : Number(text);
    });
    list.counts.forEach(({ code }) => {
      const text = (visit.v["counts." + code] || "").trim();
      if (text) body.counts[code] = Number(text);
    });
    ["schooling", "occupation"].forEach((name) => {
      if (visit.v["head." + name]) body.head[name] = visit.v["head." + name];
    });
  }
  body.remark = plainText(visit.v.remark);
  body.photos = asked(photos);
  return JSON.stringify(body);
}

function asked(photos) {
  return photos.map((photo) => ({ type: photo.kind, size: photo.blob.size }));
}

function plainText(text) {
  return (text || "").replace(/[^\S\n]+/g, " ").trim();
}

function noteField(name, label, hint) {
  const text = make("textarea", { id: name, name, rows: "4", maxlength: "500", "aria-describedby": name + "-hint" });
  return make("div", { class: "field" }, make("label", { for: name }, label), described(name, hint), text);
}

// What is typed is kept at each keystroke; `finish` gets what `made` makes of the photos and of a form
// without faults.
function keepForm(form, visit, save, slots, show, made, finish) {
  form.noValidate = true;
  restore(form, visit.v);
  show();
  const heard = ({ target }) => {
    if (!target.name) return;
    visit.v[target.name] = target.type === "checkbox" && !target.checked ? "" : target.value;
    show();
    save();
  };
  form.addEventListener("input", heard);
  form.addEventListener("change", heard);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await slots.ready();
    const faults = faultsOf(form);
    summarize(faults);
    if (!faults.length) finish(made(slots.photos()));
  });
  return form;
}

// Gives the form. `save` keeps the visit (after something else was kept, if it is told what);
// `finish` gets the finding.
async function visitForm(visit, save, finish) {
  const list = book.list;
  const outcomes = [["met", W.agent.met]].concat(list.missed.map((one) => [one.code, one.text]));
  const seen = metFields(list);
  const box = make("div", {});
  const slots = await photosOf(visit, save, box);
  const form = make(
    "form", {}, choiceField("outcome", W.agent.outcome, outcomes, "", "", "choose"), seen,
    section(W.agent.photos, make("p", {}, W.agent.photos_hint), box), placeSection(visit, save),
    noteField("remark", W.agent.remark, W.agent.remark_hint), make("button", { class: "btn" }, W.agent.finish)
  );
  const show = () => { seen.hidden = visit.v.outcome !== "met"; };
  return keepForm(form, visit, save, slots, show, (photos) => findingOf(visit, list, photos), finish);
}

// An appeal for a family that asked for it. It is kept and sent as a visit is, and only as who wrote it.
async function appealForm(visit, save, finish) {
  const form = byId("t-sanggah").content.firstElementChild.cloneNode(true);
  const slots = await photosOf(visit, save, form.querySelector("#photos"));
  const made = (photos) => JSON.stringify({
    receipt: receiptOf(visit.v.receipt), reason: visit.v.reason, text: plainText(visit.v.text), agreed: true, photos: asked(photos),
  });
  return keepForm(form, visit, save, slots, () => undefined, made, finish);
}
