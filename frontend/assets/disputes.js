// What a family, or who objected, sees of a dispute: each step, who acts next and by when, and what
// can be done. `owner` is {receipt} or {signed: true}; `again` draws the page anew.

const STATES = {
  granted: W.dispute.granted, screening: W.dispute.screening, released: W.dispute.released, refused: W.dispute.refused,
};
const FORMS = { answer: W.dispute.answer, add_evidence: W.dispute.add_evidence, second_look: W.dispute.second_look };

function fact(label, value) {
  return value ? make("p", {}, label + ": ", make("b", {}, value)) : "";
}

// The notice to a family, on a sheet of its own when printed. Never who objects.
function letterView(one) {
  const until = one.can.indexOf("answer") >= 0 ? one.next.by : "";
  return make(
    "section", { class: "note letter" }, make("h4", {}, W.dispute.letter),
    make("p", {}, W.dispute.letter_to), fact(W.sanggah.number, one.dispute),
    make("p", {}, W.dispute.letter_told), fact(W.dispute.claim, one.claim), fact(W.dispute.letter_until, until),
    list(W.dispute.letter_rights), make("p", {}, W.dispute.letter_how)
  );
}

function actsView(one, owner, again) {
  const can = (act) => one.can.indexOf(act) >= 0;
  const acts = make("div", { class: "noprint" });
  Object.keys(FORMS).filter(can).forEach((act) => {
    const handed = { act, dispute: one.dispute, claim: one.claim, by: one.next ? one.next.by : "" };
    acts.append(onward(FORMS[act], "/sanggah/lanjut/", Object.assign(handed, owner)), " ");
  });
  if (isAccused(one, owner)) acts.append(button(W.dispute.print, () => window.print()), " ");
  if (can("withdraw")) {
    const key = newKey();
    acts.append(button(W.dispute.withdraw, async () => {
      if (!window.confirm(W.dispute.withdraw_ask)) return;
      const body = Object.assign({ dispute: one.dispute, agreed: true }, owner.receipt ? owner : {});
      const answer = await post("/v1/disputes/withdrawals", JSON.stringify(body), key, owner.signed);
      if (answer.status === 200) again();
      else summarize(told(answer));
    }));
  }
  return acts;
}

function isAccused(one, owner) {
  return one.kind === "objection" && Boolean(owner.receipt);
}

function disputeView(one, owner, again) {
  const [large, small] = owner.signed ? ["h2", "h3"] : ["h3", "h4"];
  const late = one.stage === "hearing" ? W.dispute.unheard : W.dispute.late;
  const steps = one.steps.map((each) => {
    const line = make("span", {}, make("b", {}, each.step));
    line.append(make("br", {}), each.at);
    return line;
  });
  const pieces = one.evidence.map((piece, n) => {
    const state = W.dispute.piece.replace("{n}", n + 1) + ": " + STATES[piece.state];
    return piece.why ? state + ". " + piece.why : state;
  });
  return make(
    "section", { class: "decision" }, make(large, {}, one.title), fact(W.sanggah.number, one.dispute),
    fact(W.dispute.outcome, one.outcome), one.letter ? make("p", {}, one.letter) : "",
    ...(one.next ? [
      make("p", {}, one.next.text), fact(W.dispute.who, one.next.who), fact(W.dispute.by, one.next.by),
      make("p", { class: "hint" }, late),
    ] : []),
    ...one.notes.map((line) => make("p", {}, line)),
    isAccused(one, owner) ? letterView(one) : fact(W.dispute.claim, one.claim),
    make(small, {}, W.dispute.steps), list(steps, "ol", "timeline"),
    ...(pieces.length ? [make(small, {}, W.dispute.evidence), list(pieces)] : []),
    actsView(one, owner, again)
  );
}

function lookedView(looked) {
  const row = (label, text) => make("div", {}, make("dt", {}, label), make("dd", {}, text));
  const rows = looked.map((one) => make(
    "dl", { class: "rows look" }, row(W.looked.at, one.at), row(W.looked.who, one.who), row(W.looked.reason, one.reason)
  ));
  return [
    make("h1", {}, W.looked.title), make("p", {}, W.looked.hint),
    ...(rows.length ? rows : [make("p", {}, W.looked.none)]), make("p", { class: "note" }, W.looked.odd),
  ];
}
