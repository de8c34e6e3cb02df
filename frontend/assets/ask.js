// The short forms: status, correct, withdraw, propose, who looked, my objections. Without this script they post as they are.

const RECEIPT = "tepat.bukti";
const form = main.querySelector("form[data-form]");
let key = newKey(); // a new one only after an answer, so that sending again is a repeat
form.noValidate = true;

const stored = kept(CARRIED) || kept(RECEIPT);
keep(CARRIED, null);
if (stored && stored.receipt && byId("receipt")) byId("receipt").value = stored.receipt;

function bodyOf() {
  const body = {};
  form.querySelectorAll(".field").forEach((field) => {
    const text = textOf(field);
    const name = pathOf(field);
    if (name === "agreed") body.agreed = true;
    else if (name === "phone") body.phone = phoneOf(text);
    else body[name] = (text || "").replace(/\s+/g, " ").trim();
  });
  return body;
}

function showStatus(data, receipt) {
  const again = () => send({ receipt });
  const refresh = button(W.status.refresh, again);
  const disputes = (data.disputes || []).map((one) => disputeView(one, { receipt }, again));
  const auto = MOVES_BY_ITSELF.indexOf(data.state) < 0 ? "" : make("p", {}, W.receipt.auto);
  present(
    data.title, make("h1", {}, data.title), ...nextView(data), auto,
    disputes.length ? section(W.dispute.heading, ...disputes) : "", ...stateView(data, receipt),
    make("p", {}, refresh), make("p", {}, make("a", { href: "/status/" }, W.status.another))
  );
}

const done = {
  status: (data, body) => {
    showStatus(data, body.receipt);
    if (MOVES_BY_ITSELF.indexOf(data.state) >= 0) {
      follow(body.receipt, (later) => {
        if (later.state !== data.state) showStatus(later, body.receipt);
        data = later;
      });
    }
  },
  withdraw: () => {
    keep(RECEIPT, null);
    const again = make("a", { href: "/daftar/" }, W.withdraw.again);
    present(
      W.withdraw.done_title, make("h1", {}, W.withdraw.done_title), make("p", {}, W.withdraw.done),
      make("p", {}, again)
    );
  },
  propose: () => present(
    W.propose.done_title, make("h1", {}, W.propose.done_title), make("p", {}, W.propose.done)
  ),
  looked: (data) => present(W.looked.title, ...lookedView(data.looked)),
  objections: (data) => {
    const mine = data.objections.map((one) => disputeView(one, { signed: true }, () => send({})));
    const none = make("p", {}, W.sanggah.mine_none);
    const leave = make("p", {}, make("a", { href: "/v1/person" }, W.person.sign_out));
    present(W.sanggah.mine_title, make("h1", {}, W.sanggah.mine_title), ...(mine.length ? mine : [none]), leave);
  },
};

async function send(body) {
  const button = form.querySelector("button");
  if (button.disabled) return;
  button.disabled = true;
  const path = form.getAttribute("action");
  const answer = form.method === "get"
    ? await request("GET", path, undefined, "", true) : await post(path, JSON.stringify(body), key);
  button.disabled = false;
  if (!passes(answer.status)) key = newKey();
  if (answer.status >= 200 && answer.status < 300) {
    done[form.dataset.form](answer.data, body);
    return;
  }
  const faults = told(answer);
  faults.forEach((fault) => {
    const control = byId((fault.field || "").replace(/\./g, "-"));
    const field = control && control.closest(".field");
    if (!field) return;
    tell(field, fault.message);
    fault.go = () => control.focus();
  });
  summarize(faults);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const faults = faultsOf(form);
  summarize(faults);
  if (!faults.length) send(bodyOf());
});
