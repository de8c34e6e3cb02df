// Fields of forms: what was typed, what is wrong with it, and where that is told.

function isoDate(year, month, day) {
  const y = Number(year), m = Number(month), d = Number(day);
  const date = new Date(Date.UTC(y, m - 1, d));
  if (!/^\d{4}$/.test(year) || date.getUTCMonth() !== m - 1 || date.getUTCDate() !== d) return "";
  return date.toISOString().slice(0, 10);
}

// Each check takes the text of a field (undefined: no radio was chosen) and gives what is wrong.
const checks = {
  required: (text) => (text.trim() ? "" : W.faults.required),
  choose: (text) => (text === undefined ? W.faults.choose : ""),
  count: (text, field) => {
    const low = Number(field.dataset.min), high = Number(field.dataset.max);
    const fits = /^\d*$/.test(text.trim()) && (!text.trim() || (Number(text) >= low && Number(text) <= high));
    return fits ? "" : W.faults.count.replace("{min}", low).replace("{max}", high);
  },
};
checks.yes_no = checks.choose;

function controlOf(field) {
  return field.querySelector("[name]");
}

// A field's path: that of its control, without the day, month and year of a date.
function pathOf(field) {
  return controlOf(field).name.replace(/\.d$/, "");
}

function labelOfField(field) {
  return field.querySelector("legend,label").firstChild.textContent.trim();
}

function focusOn(field) {
  const control = controlOf(field);
  (control.disabled ? byId("district") : control).focus(); // villages wait for their district
}

function textOf(field) {
  const control = controlOf(field);
  if (field.dataset.check === "date") {
    const parts = field.querySelectorAll("input");
    return isoDate(parts[2].value, parts[1].value, parts[0].value);
  }
  if (control.type === "radio" || control.type === "checkbox") {
    const chosen = field.querySelector(":checked");
    return chosen ? chosen.value : undefined;
  }
  if (control.tagName === "SELECT" && !control.value) return undefined;
  return control.value;
}

function tell(field, message) {
  const control = controlOf(field);
  const group = field.tagName === "FIELDSET";
  const owner = group ? field : control;
  const id = control.id + "-fault";
  const old = field.querySelector(".fault");
  if (old) old.remove();
  const told = (owner.getAttribute("aria-describedby") || "").split(" ").filter((one) => one && one !== id);
  field.classList.toggle("bad", Boolean(message));
  if (message) {
    told.push(id);
    let before = control;
    while (before.parentNode !== field) before = before.parentNode;
    field.insertBefore(make("p", { class: "fault", id }, message), before);
  }
  if (!group) {
    if (message) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  }
  if (told.length) owner.setAttribute("aria-describedby", told.join(" "));
  else owner.removeAttribute("aria-describedby");
}

// Check every field on screen, all at once; gives [{field: path, message, go}]. At the top of the
// page a message needs the name of its field, unless it has it.
function faultsOf(form) {
  const found = [];
  form.querySelectorAll(".field[data-check]").forEach((field) => {
    if (field.closest("[hidden]")) return;
    const message = checks[field.dataset.check](textOf(field), field);
    tell(field, message);
    if (!message) return;
    const label = labelOfField(field);
    const bare = message === W.faults.required || message === W.faults.choose || field.dataset.check === "count";
    const line = bare ? label + (/\?$/.test(label) ? " " : ": ") + message : message;
    found.push({ field: pathOf(field), message: line, go: () => focusOn(field) });
  });
  return found;
}
