// Shared by every page with a script: words, elements, what is wrong, sending.
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

// Sixteen random bytes; the same key with the same body is the same request.
function newKey() {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(random, (byte) => ("0" + byte.toString(16)).slice(-2)).join("");
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
// Who signed in is told only where a person has to be: by our cookie (true), or by a token.
async function request(method, path, body, key, signedIn) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 45000);
  const headers = { Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  if (typeof signedIn === "string") headers.Authorization = "Bearer " + signedIn;
  try {
    const answer = await fetch(path, {
      method, headers, body, signal: stop.signal, credentials: signedIn === true ? "same-origin" : "omit", cache: "no-store",
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
