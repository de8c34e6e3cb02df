// The pages of the form: copied from the inert parts of the page, filled from the draft.

const ORDER = ["persetujuan", "alamat", "kontak", "anggota", "rumah", "sarana", "barang", "periksa"]
  .filter((step) => byId("t-" + step));
const heardFaults = {}; // path -> what the API said, until the field is changed

function partOfStep(step) {
  const member = /^anggota-(\d+)(-keadaan)?$/.exec(step);
  if (!member) return { name: step, index: 0 };
  return { name: member[2] ? "keadaan" : "identitas", index: Number(member[1]), member: true };
}

function copyStep(step) {
  const part = partOfStep(step);
  const form = byId("t-" + part.name).content.firstElementChild.cloneNode(true);
  if (part.member) renumber(form, part.index);
  return form;
}

function controlsOf(form) {
  return Array.from(form.querySelectorAll("input[name],select[name],textarea[name]"));
}

function restore(form) {
  controlsOf(form).forEach((control) => {
    const [home, name] = placeOf(control.name);
    if (control.type === "hidden") home[name] = control.value;
    else if (control.type === "radio" || control.type === "checkbox") control.checked = home[name] === control.value;
    else if (name in home) control.value = home[name];
  });
}

function remember(control) {
  const [home, name] = placeOf(control.name);
  home[name] = control.type === "checkbox" && !control.checked ? "" : control.value;
  delete heardFaults[control.name.replace(/\.[dmy]$/, "")];
  save();
}

// Without a script the village list is one long list; here the district comes first.
function splitVillages(form) {
  const village = form.querySelector('[name="village"]');
  const groups = Array.from(village.querySelectorAll("optgroup"));
  const district = form.querySelector("#district");
  groups.forEach((group, index) => district.append(new Option(group.label, String(index))));
  const first = village.options[0];
  const offer = () => {
    const chosen = groups[Number(district.value)];
    village.disabled = !district.value;
    fill(village, first, ...(district.value ? Array.from(chosen.children) : []));
  };
  const current = groups.findIndex((group) => group.querySelector('[value="' + (draft.v.village || "-") + '"]'));
  district.value = current < 0 ? "" : String(current);
  offer();
  if (current >= 0) village.value = draft.v.village;
  district.addEventListener("change", () => {
    offer();
    village.value = "";
    draft.v.village = "";
    save();
  });
}

function hideUnasked(form, index) {
  const member = draft.m[index] || {};
  form.querySelectorAll(".field").forEach((field) => {
    const part = pathOf(field).split(".")[2];
    field.hidden = part === "relation" ? index === 0 : !isAsked(member, part);
  });
}

function labelOf(name, value) {
  const all = document.querySelectorAll("template");
  for (let i = 0; i < all.length; i += 1) {
    const control = all[i].content.querySelector('[name="' + name + '"]');
    if (control) {
      const chosen = control.closest(".field").querySelector('[value="' + value + '"]');
      if (!chosen) return value;
      if (chosen.tagName !== "OPTION") return chosen.nextElementSibling.textContent;
      const group = chosen.closest("optgroup");
      return chosen.textContent + (group ? ", " + group.label : "");
    }
  }
  return value;
}

// The step that asks for a path, or "" when none does.
function stepOf(path) {
  const member = /^members\.(\d+)\.(\w+)/.exec(path);
  if (member) return "anggota-" + member[1] + (SITUATION.indexOf(member[2]) < 0 ? "" : "-keadaan");
  if (/^members/.test(path)) return "anggota";
  return ORDER.find((step) => byId("t-" + step).content.querySelector('[name^="' + path + '"]')) || "";
}

function longDate(iso) {
  const [year, month, day] = iso.split("-");
  return iso ? Number(day) + " " + W.months[Number(month) - 1] + " " + year : "";
}

function memberLine(member, index) {
  const words = [
    labelOf("members.0.relation", partOf(member, "relation", index)),
    member.sex ? labelOf("members.0.sex", member.sex) : "",
    birthOf(member) ? longDate(birthOf(member)) : "",
  ];
  return (index === 0 ? [W.members.head].concat(words.slice(1)) : words).filter(Boolean).join(", ");
}

function changeLink(step, about) {
  const link = make("a", { class: "change", href: "#" + step }, W.check.change);
  link.append(make("span", { class: "vh" }, " " + about));
  return link;
}

function rowsOf(step) {
  const rows = make("dl", { class: "rows" });
  copyStep(step).querySelectorAll(".field").forEach((field) => {
    if (!field.querySelector("[name]")) return;
    const control = controlOf(field);
    const value = draft.v[control.name];
    const known = control.type === "radio" || control.tagName === "SELECT";
    const blank = /^answers/.test(control.name) ? W.site.unknown : W.site.empty;
    const text = value ? (known ? labelOf(control.name, value) : value) : blank;
    rows.append(make("div", {}, make("dt", {}, labelOfField(field)), make("dd", {}, text)));
  });
  return rows;
}

function memberRows(change) {
  const rows = make("dl", { class: "rows people" });
  draft.m.forEach((member, index) => {
    const told = make("dd", {}, memberLine(member, index));
    if (change === "check") {
      const nik = digits(member.nik).replace(/(\d{4})(?=\d)/g, "$1 ");
      const work = labelOf("members.0.occupation", partOf(member, "occupation", index));
      told.append(make("br", {}), "NIK: " + (nik || W.site.empty), make("br", {}), work);
    }
    if (!isComplete(member, index)) told.append(make("br", {}), make("strong", { class: "fault" }, W.members.unfinished));
    const name = (member.name || "").trim() || W.members.one;
    const links = make("dd", { class: "links" });
    if (!draft.body) links.append(changeLink("anggota-" + index, name));
    if (change === "list" && index > 0) {
      const remove = button(W.members.remove, () => {
        if (!window.confirm(W.members.remove_ask)) return;
        draft.m.splice(index, 1);
        save();
        show();
      }, "link");
      remove.append(make("span", { class: "vh" }, " " + name));
      links.append(" ", remove);
    }
    rows.append(make("div", {}, make("dt", {}, name), told, links));
  });
  return rows;
}
