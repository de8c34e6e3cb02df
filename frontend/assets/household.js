// The draft: what was typed, kept in this tab until it is sent; and the request made of it.

const DRAFT = "tepat.isian";
const RECEIPT = "tepat.bukti";
// Years at which something is asked; outside them the answer is plain.
const AGES_ASKED = { attending: [3, 29], schooling: [5, 120], occupation: [10, 120], pregnant: [10, 60] };
const IDENTITY = ["name", "birth_date", "sex", "relation"];
const SITUATION = ["attending", "schooling", "occupation", "disability", "pregnant"];

let draft = kept(DRAFT);

function save() {
  keep(DRAFT, draft);
}

// The key stays the same until an answer came, so that sending again cannot register twice.
function newDraft() {
  draft = { key: newKey(), v: {}, m: [], seen: false, body: "" };
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
  if (part === "pregnant" && member.sex !== "P") return false;
  return !(part in AGES_ASKED) || (age >= AGES_ASKED[part][0] && age <= AGES_ASKED[part][1]);
}

function partOf(member, part, index) {
  if (part === "birth_date") return birthOf(member);
  if (part === "relation" && index === 0) return "head";
  if (isAsked(member, part)) return member[part];
  if (part === "schooling") return "none";
  if (part === "attending") return "no";
  if (part === "pregnant") return "false";
  return partOf(member, "attending", index) === "no" ? "not_working" : "student";
}

function isComplete(member, index) {
  return IDENTITY.concat(SITUATION).every((part) => partOf(member, part, index));
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
