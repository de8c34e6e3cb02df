// Shared by every page with a script: words, elements, checks of fields, sending.
// The build puts the words of content/id.yaml before it, as W; only those that are named there.
// ES2018 without `?.` and `??`, for phones that stopped updating in 2019. Text only, never markup.

const main = document.getElementById("isi");
const pageTitle = document.title;

function byId(id) {
  return document.getElementById(id);
}

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  Object.keys(attributes).forEach((name) => element.setAttribute(name, attributes[name]));
  children.filter((child) => child !== null && child !== "").forEach((child) => element.append(child));
  return element;
}

function button(text, act, style) {
  const element = make("button", { type: "button", class: "btn " + (style === undefined ? "plain-btn" : style) }, text);
  element.addEventListener("click", act);
  return element;
}

function section(heading, ...children) {
  return make("section", {}, make("h2", {}, heading), ...children);
}

function list(lines, tag, style) {
  return make(tag || "ul", style ? { class: style } : {}, ...lines.map((line) => make("li", {}, line)));
}

function fill(node, ...children) {
  while (node.firstChild) node.firstChild.remove();
  node.append(...children);
}

// Show something new: its heading gets the focus, so that it is read out and stands at the top.
function present(title, ...children) {
  document.title = title + " – Tepat";
  fill(main, ...children);
  const heading = main.querySelector("h1");
  heading.setAttribute("tabindex", "-1");
  heading.focus();
  window.scrollTo(0, 0);
}

// Kept for this tab only, and lost with it. A phone that refuses still has the page's memory.
function keep(name, value) {
  try {
    if (value === null) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, JSON.stringify(value));
  } catch (refused) {
    return;
  }
}

function kept(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name));
  } catch (refused) {
    return null;
  }
}

function digits(text) {
  return (text || "").replace(/[\s.\u200b-]/g, "");
}

function receiptOf(text) {
  return (text || "").toUpperCase().replace(/[^0-9A-Z]/g, "");
}

// Sixteen random bytes; the same key with the same body is the same request.
function newKey() {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(random, (byte) => ("0" + byte.toString(16)).slice(-2)).join("");
}

function phoneOf(text) {
  return digits(text).replace(/^\+?62/, "0") || null;
}

function isoDate(year, month, day) {
  const y = Number(year), m = Number(month), d = Number(day);
  const date = new Date(Date.UTC(y, m - 1, d));
  if (!/^\d{4}$/.test(year) || date.getUTCMonth() !== m - 1 || date.getUTCDate() !== d) return "";
  return date.toISOString().slice(0, 10);
}

// Each check takes the text of a field (undefined: no radio was chosen) and gives what is wrong.
const number16 = (words) => (text) => (!digits(text) || /^\d{16}$/.test(digits(text)) ? "" : words);
const checks = {
  required: (text) => (text.trim() ? "" : W.faults.required),
  choose: (text) => (text === undefined ? W.faults.choose : ""),
  agree: (text) => (text ? "" : W.agree),
  village: (text) => (text ? "" : W.faults.village),
  nik: number16(W.faults.nik),
  kk: number16(W.faults.kk),
  phone: (text) => (/^((0|\+?62)\d{7,13})?$/.test(digits(text)) ? "" : W.faults.phone),
  "required-receipt": (text) => (receiptOf(text).length === 24 ? "" : W.faults.receipt),
  date: (text, field) => {
    const typed = Array.from(field.querySelectorAll("input")).some((part) => part.value.trim());
    return text ? "" : typed ? W.faults.date : W.faults.required;
  },
  count: (text, field) => {
    const low = Number(field.dataset.min), high = Number(field.dataset.max);
    const fits = /^\d*$/.test(text.trim()) && (!text.trim() || (Number(text) >= low && Number(text) <= high));
    return fits ? "" : W.faults.count.replace("{min}", low).replace("{max}", high);
  },
};
checks.yes_no = checks.choose;
["nik", "kk"].forEach((name) => {
  checks["required-" + name] = (text) => (digits(text) ? checks[name](text) : W.faults.required);
});

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
  form.querySelectorAll(".field[data-check]:not([hidden])").forEach((field) => {
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

function summarize(faults) {
  const old = main.querySelector(".summary");
  if (old) old.remove();
  if (!faults.length) return;
  const list = make("ul", {});
  faults.forEach((fault) => {
    const id = (fault.field || "").replace(/\./g, "-");
    const link = fault.go ? make("a", { href: "#" + id }, fault.message) : fault.message;
    if (fault.go) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        fault.go();
      });
    }
    list.append(make("li", {}, link));
  });
  const box = make("div", { class: "summary", role: "alert", tabindex: "-1" }, make("h2", {}, W.site.heading), list);
  main.insertBefore(box, main.firstChild);
  document.title = W.site.error + document.title.replace(W.site.error, "");
  box.focus();
  box.scrollIntoView();
}

// Ask the API; {status: 0} when no answer came that can be read. A phone on 2G gets 45 seconds.
// Who signed in is told only where a person has to be.
async function request(method, path, body, key, signedIn) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 45000);
  const headers = { Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  try {
    const answer = await fetch(path, {
      method, headers, body, signal: stop.signal, credentials: signedIn ? "same-origin" : "omit", cache: "no-store",
    });
    return { status: answer.status, data: await answer.json() };
  } catch (lost) {
    return { status: 0, data: {} };
  } finally {
    clearTimeout(timer);
  }
}

function post(path, body, key, signedIn) {
  return request("POST", path, body, key, signedIn);
}

// No answer, a limit, or our own fault: the same request may be sent again.
function passes(status) {
  return status === 0 || status === 429 || status >= 500;
}

// What an answer that is not a success says, as lines of an error summary.
function told(answer) {
  if (answer.status === 0) return [{ message: W.offline.short }];
  const errors = answer.data.errors || [];
  return errors.length ? errors : [{ message: W.offline.busy }];
}
