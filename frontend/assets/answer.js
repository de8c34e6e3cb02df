// The receipt and the state of a registration, drawn from the API's JSON.

const MOVES_BY_ITSELF = ["received", "identity_checking", "matched"];
const FIRST_ASK = 6000; // ms; most answers are there by then, so one question is enough
const LONGEST_WAIT = 300000;
const MOST_ASKS = 9;
const CARRIED = "tepat.lanjut"; // handed to the page of another form, in this tab only

// The QR code comes as an <svg>; only its squares are taken over, never its markup.
function qrCode(svg) {
  const view = / viewBox="([0-9 ]+)"/.exec(svg || "");
  const line = / d="([MmHhVv0-9. -]+)"/.exec(svg || "");
  if (!view || !line) return "";
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  const squares = document.createElementNS(space, "path");
  picture.setAttribute("viewBox", view[1]);
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", W.receipt.qr);
  squares.setAttribute("d", line[1]);
  squares.setAttribute("stroke", "#000");
  picture.append(squares);
  return make("div", { class: "qr" }, picture);
}

function spell(receipt) {
  const one = (sign) => (/\d/.test(sign) ? W.receipt.digit + " " + sign : sign);
  return receipt.split("-").map((group) => group.split("").map(one).join(", ")).join(". ") + ".";
}

function receiptView(data) {
  const number = make("p", { class: "number" });
  data.receipt.split("-").forEach((group) => number.append(make("span", {}, group), " "));
  const buttons = make("p", { class: "noprint" }, button(W.receipt.print, () => window.print()));
  if (window.speechSynthesis && window.SpeechSynthesisUtterance) {
    buttons.append(" ", button(W.receipt.listen, () => {
      const voice = new SpeechSynthesisUtterance(spell(data.receipt));
      voice.lang = "id-ID";
      voice.rate = 0.8;
      speechSynthesis.cancel();
      speechSynthesis.speak(voice);
    }));
  }
  const paper = make(
    "section", { class: "receipt" },
    make("h1", {}, W.receipt.title), make("p", {}, W.receipt.number), number, qrCode(data.qr_svg),
    make("p", {}, make("b", {}, W.receipt.keep)), make("p", {}, W.receipt.secret)
  );
  const notes = data.warnings && data.warnings.length
    ? section(W.receipt.warnings, list(data.warnings.map((warning) => warning.message))) : "";
  return [paper, buttons, notes];
}

// What all decisions say alike is told once, beside them.
function sharedBy(decisions, name) {
  const first = decisions[0][name] || "";
  return decisions.every((one) => (one[name] || "") === first) ? first : "";
}

function decisionsView(decisions) {
  const shared = {};
  ["note", "rests_on", "how_to_appeal"].forEach((name) => { shared[name] = sharedBy(decisions, name); });
  const rest = decisions.map((one) => {
    const own = Object.assign({}, one);
    Object.keys(shared).forEach((name) => { if (shared[name]) own[name] = ""; });
    return decisionView(own);
  });
  const told = (name, heading, style) => shared[name]
    ? make("div", style ? { class: style } : {}, make("h3", {}, heading), make("p", {}, shared[name])) : "";
  return section(
    W.status.decisions, shared.note ? make("p", {}, shared.note) : "", ...rest,
    told("how_to_appeal", W.status.appeal, "note"), told("rests_on", W.status.rests_on)
  );
}

function onward(text, href, values) {
  const link = make("a", { class: "btn plain-btn", href }, text);
  link.addEventListener("click", () => keep(CARRIED, values));
  return link;
}

function decisionView(decision) {
  const tag = decision.eligible === null ? W.status.undecided
    : decision.eligible ? W.status.eligible : W.status.not_eligible;
  const tags = make("p", {}, make("strong", { class: "tag" }, tag));
  if (decision.provisional) tags.append(" ", make("span", { class: "tag soft" }, W.status.provisional));
  const part = (heading, body) => [make("h4", {}, heading), body];
  return make(
    "section", { class: "decision " + (decision.eligible ? "yes" : "no") },
    make("h3", {}, decision.name), tags, make("p", {}, decision.sentence),
    decision.note ? make("p", {}, decision.note) : "",
    ...(decision.reasons.length ? part(W.status.reasons, list(decision.reasons.map((r) => r.sentence))) : []),
    ...(decision.estimate || []).map((line) => make("p", {}, line)),
    ...((decision.would_change || []).length ? part(W.status.would_change, list(decision.would_change)) : []),
    ...(decision.rests_on ? part(W.status.rests_on, make("p", {}, decision.rests_on)) : []),
    ...(decision.how_to_appeal ? part(W.status.appeal, make("p", {}, decision.how_to_appeal)) : [])
  );
}

function stateView(data, receipt) {
  const parts = [];
  if ((data.notes || []).length) {
    parts.push(make("div", { class: "note" }, ...data.notes.map((line) => make("p", {}, line))));
  }
  if ((data.corrections || []).length) parts.push(correctionForm(data.corrections, receipt));
  if ((data.decisions || []).length) parts.push(decisionsView(data.decisions));
  if ((data.can || []).indexOf("appeal") >= 0) {
    parts.push(make("p", { class: "noprint" }, onward(W.dispute.offer, "/sanggah/hasil/", { receipt })));
  }
  if ((data.contributions || []).length) {
    parts.push(section(
      W.status.contributions, make("p", {}, W.status.contributions_hint),
      list(data.contributions.map((one) => one.sentence))
    ));
  }
  if (data.model) {
    const name = W.status.model_name + ": " + data.model.name + ". ";
    const hash = W.status.model_hash + ": " + data.model.sha256.slice(0, 12);
    parts.push(make(
      "div", { class: "note" }, make("h2", {}, W.status.model),
      make("p", {}, data.model.notice || W.status.demonstration), make("p", { class: "small" }, name + hash),
      make("p", {}, make("a", { href: "/model/" }, W.status.model_more))
    ));
  }
  if ((data.timeline || []).length) {
    const steps = data.timeline.map((step) => {
      const line = make("span", {}, make("b", {}, step.title));
      line.append(make("br", {}), step.at);
      return line;
    });
    parts.push(section(W.status.timeline, list(steps, "ol", "timeline")));
  }
  return parts;
}

function nextView(data) {
  const parts = [make("p", {}, data.next)];
  if (data.expect_by) parts.push(make("p", {}, W.receipt.expect + ": ", make("b", {}, data.expect_by)));
  return parts;
}

// Ask for the state until a person or a date is awaited: once after six seconds, then less and
// less often, never in step with other phones, and never while nobody looks.
function follow(receipt, draw) {
  let wait = FIRST_ASK, asks = 0;
  const ask = async () => {
    if (document.hidden) {
      document.addEventListener("visibilitychange", ask, { once: true });
      return;
    }
    const answer = await post("/v1/status", JSON.stringify({ receipt }));
    asks += 1;
    if (answer.status === 200) draw(answer.data);
    else if (!passes(answer.status)) return;
    if (answer.status === 200 && MOVES_BY_ITSELF.indexOf(answer.data.state) < 0) return;
    if (asks < MOST_ASKS) later();
  };
  const later = () => {
    setTimeout(ask, wait * (0.9 + Math.random() * 0.2));
    wait = Math.min(wait * 2, LONGEST_WAIT);
  };
  later();
}

// The fields that the officer or the registry asked to be corrected, copied from the page.
function correctionForm(corrections, receipt) {
  const form = make("form", { novalidate: "" });
  const places = [];
  const key = newKey();
  corrections.forEach((one) => {
    const path = one.field.split(".");
    const part = path[path.length - 1];
    const source = byId("t-koreksi").content.querySelector('[data-part="' + part + '"] .field');
    if (!source) return;
    const index = path[0] === "members" ? Number(path[1]) : -1;
    if (places.indexOf(index) < 0) {
      places.push(index);
      const who = index < 0 ? W.correct.family : W.correct.person.replace("{n}", index + 1);
      form.append(make("h3", {}, index === 0 ? W.members.head : who));
    }
    const field = source.cloneNode(true);
    renumber(field, index);
    field.dataset.index = index;
    field.dataset.part = part;
    form.append(make("p", {}, one.message), field);
  });
  const send = make("button", { class: "btn" }, W.correct.send);
  form.append(send);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const faults = faultsOf(form);
    summarize(faults);
    if (faults.length || send.disabled) return;
    send.disabled = true;
    const answer = await post("/v1/corrections", JSON.stringify(corrected(form, receipt)), key);
    send.disabled = false;
    if (answer.status === 200) {
      present(W.correct.done_title, make("h1", {}, W.correct.done_title), ...nextView(answer.data));
    } else {
      summarize(told(answer));
    }
  });
  return section(W.correct.heading, make("p", {}, W.correct.hint), form);
}

function corrected(form, receipt) {
  const body = { receipt, members: [] };
  form.querySelectorAll(".field[data-part]").forEach((field) => {
    const index = Number(field.dataset.index), part = field.dataset.part;
    const text = part === "nik" || part === "kk" ? digits(textOf(field)) : textOf(field).trim();
    if (index < 0) {
      body[part] = text;
      return;
    }
    let member = body.members.find((one) => one.index === index);
    if (!member) {
      member = { index };
      body.members.push(member);
    }
    member[part] = text;
  });
  if (!body.members.length) delete body.members;
  return body;
}

// Parts of a member are written for the first one; give a copy the numbers of another.
function renumber(node, index) {
  const all = [node].concat(Array.from(node.querySelectorAll("*")));
  all.forEach((element) => {
    ["id", "for", "name", "aria-describedby"].forEach((name) => {
      const text = element.getAttribute(name);
      if (text) element.setAttribute(name, text.replace(/members([-.])0/g, "members$1" + index));
    });
  });
}
