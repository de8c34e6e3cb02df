// The draft: what was typed, kept in this tab until it is sent; and the request made of it.

const DRAFT = "tepat.isian";
const RECEIPT = "tepat.bukti";
const AGE_ASKED = { schooling: 5, occupation: 10 }; // years; younger children are not asked
const PREGNANCY = [10, 60];
const IDENTITY = ["name", "birth_date", "sex", "relation"];
const SITUATION = ["attending", "schooling", "occupation", "disability", "pregnant"];

let draft = kept(DRAFT);

function save() {
  keep(DRAFT, draft);
}

// The key stays the same until an answer came, so that sending again cannot register twice.
function newDraft() {
  const random = crypto.getRandomValues(new Uint8Array(16));
  const key = Array.from(random, (byte) => ("0" + byte.toString(16)).slice(-2)).join("");
  draft = { key, v: {}, m: [], seen: false, body: "" };
  save();
}

function dropDraft() {
  draft = null;
  keep(DRAFT, null);
}

// Where a control's text is kept: [object, name].
function placeOf(name) {
  const path = /^members\.(\d+)\.(.+)$/.exec(name);
  if (!path) return [draft.v, name];
  const index = Number(path[1]);
  while (draft.m.length <= index) draft.m.push({});
  return [draft.m[index], path[2]];
}

function birthOf(member) {
  return isoDate(member["birth_date.y"] || "", member["birth_date.m"], member["birth_date.d"]);
}

function ageOf(member) {
  const born = birthOf(member), now = new Date();
  if (!born) return NaN;
  const years = now.getFullYear() - Number(born.slice(0, 4));
  const month = now.getMonth() + 1 - Number(born.slice(5, 7));
  return month < 0 || (month === 0 && now.getDate() < Number(born.slice(8))) ? years - 1 : years;
}

function isAsked(member, part) {
  const age = ageOf(member);
  if (part === "pregnant") return member.sex === "P" && age >= PREGNANCY[0] && age <= PREGNANCY[1];
  return !(part in AGE_ASKED) || age >= AGE_ASKED[part];
}

function partOf(member, part, index) {
  if (part === "birth_date") return birthOf(member);
  if (part === "relation" && index === 0) return "head";
  if (isAsked(member, part)) return member[part];
  if (part === "schooling") return "none";
  if (part === "pregnant") return "false";
  return member.attending && member.attending !== "no" ? "student" : "not_working";
}

function isComplete(member, index) {
  return IDENTITY.concat(SITUATION).every((part) => partOf(member, part, index));
}

function phoneOf(text) {
  return digits(text).replace(/^\+?62/, "0") || null;
}

function answersOf() {
  const answers = {};
  document.querySelectorAll("template").forEach((template) => {
    template.content.querySelectorAll('[name^="answers."]').forEach((control) => {
      const text = (draft.v[control.name] || "").trim();
      if (!text) return; // left out: not known
      const kind = control.closest(".field").dataset.check;
      answers[control.name.slice(8)] = kind === "choose" ? text : Number(text);
    });
  });
  return answers;
}

function requestBody() {
  const v = draft.v;
  const members = draft.m.map((member, index) => {
    const body = { name: member.name.trim(), nik: digits(member.nik) || null };
    IDENTITY.slice(1).concat(SITUATION).forEach((part) => { body[part] = partOf(member, part, index); });
    body.pregnant = body.pregnant === "true";
    return body;
  });
  return JSON.stringify({
    way_in: "self",
    village: v.village,
    address: {
      line: v["address.line"].trim(),
      rt: digits(v["address.rt"]).padStart(3, "0"),
      rw: digits(v["address.rw"]).padStart(3, "0"),
    },
    phone: phoneOf(v.phone),
    kk: digits(v.kk) || null,
    members,
    answers: answersOf(),
    consent: { version: v["consent.version"], agreed: true },
  });
}
