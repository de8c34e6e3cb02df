// One visit or appeal on screen: where it is, the form, and after sending what came of it.

function facts(pairs) {
  return make("dl", { class: "rows" }, ...pairs.map(([name, ...lines]) => make(
    "div", {}, make("dt", {}, name), ...lines.map((line) => make("dd", {}, line))
  )));
}

async function whereabouts(visit) {
  const box = make("div", {});
  const kept = await unsealText("alamat/" + visit.number);
  const show = (where) => fill(box, facts([
    [W.agent.name, where.name], [W.agent.address, where.line, "RT " + where.rt + " RW " + where.rw],
  ]));
  if (kept) show(kept);
  else {
    const press = button(W.agent.where_open, async () => {
      press.disabled = true;
      const answer = await ask("GET", "/staff/agent/checks/" + visit.number);
      press.disabled = false;
      const stop = hindrance(answer);
      if (stop) hindered(stop);
      else if (answer.status !== 200) fill(news, told(answer)[0].message);
      else {
        await sealText("alamat/" + visit.number, answer.data);
        show(answer.data);
      }
    });
    fill(box, make("p", {}, W.agent.where_why), press);
  }
  return section(W.agent.where, box);
}

function differenceView(visit) {
  if (visit.told.stage === "assigned") return make("p", {}, W.agent.tried.replace("{n}", visit.told.left));
  if (visit.told.stage !== "done") return "";
  const differences = visit.told.differences.map((one) => [
    one.question, W.agent.declared + ": " + one.declared, W.agent.found + ": " + one.found,
  ]);
  return section(W.agent.differences, differences.length ? facts(differences) : make("p", {}, W.agent.same));
}

function afterForm(visit) {
  if (visit.told.stage !== "done" || visit.body) return "";
  if (visit.after) return make("p", {}, visit.after.sent ? W.agent.after_sent : W.agent.after_waiting);
  const form = make("form", {}, noteField("after", W.agent.after, W.agent.after_hint), make("button", { class: "btn plain-btn" }, W.agent.after_send));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = plainText(byId("after").value);
    tell(byId("after").parentNode, text ? "" : W.faults.required);
    if (!text) return;
    visit.after = { text, key: newKey(), sent: false };
    await saveVisit(visit);
    await route();
    send();
  });
  return form;
}

function throwAway(visit, text, ask) {
  return make("p", {}, button(text, async () => {
    if (ask && !window.confirm(ask)) return;
    await discard(visit);
    location.hash = "";
    refresh();
  }, ask ? "link" : ""));
}

function sentView(visit) {
  const { dispute } = visit.told;
  const number = dispute ? [facts([[W.agent.appeal_number, dispute]]), make("p", {}, W.agent.appeal_next)] : [];
  const lost = visit.lost ? make("p", {}, W.agent.photos_lost.replace("{n}", visit.lost)) : "";
  const more = visit.body ? button(W.agent.send_now, send, "") : throwAway(visit, W.agent.close);
  return [...number, differenceView(visit), lost, afterForm(visit), more];
}

async function draftView(visit) {
  if (visit.body) return [make("p", {}, W.agent.frozen), button(W.agent.send_now, send, "")];
  const saved = make("p", { class: "small" });
  let typed = 0;
  const save = (before) => {
    book.visits[visit.number] = visit;
    visit.faults = [];
    fill(saved, W.agent.saving);
    const mine = ++typed;
    return saveVisit(visit, before).then((done) => {
      if (mine === typed) fill(saved, done ? W.agent.saved + " " + new Date().toTimeString().slice(0, 5) : "");
    });
  };
  const form = await (visit.row ? visitForm : appealForm)(visit, save, async (finding) => {
    Object.assign(visit, { body: finding, key: newKey() });
    await save();
    await route();
    send();
  });
  const begun = book.visits[visit.number] ? throwAway(visit, W.agent.discard, W.agent.discard_ask) : "";
  return [visit.row ? make("p", {}, W.agent.form_hint) : "", form, saved, begun];
}

async function showVisit(visit) {
  const { row, faults } = visit;
  writing = !visit.told && !visit.body;
  const title = visit.told ? visit.told.title : nameOf(visit);
  const back = make("a", { class: "back", href: "#" }, W.agent.title);
  const about = row ? facts([[W.agent.number, visit.number], [W.agent.village, row.village_name + ", " + row.district_name], [W.agent.due, row.due_text]]) : "";
  const where = row && !visit.told && !visit.body ? await whereabouts(visit) : "";
  const rest = visit.told ? sentView(visit) : [where, ...(await draftView(visit))];
  if (location.hash.slice(1) !== visit.number) return; // another was opened meanwhile
  news = make("p", { role: "status", class: "said" });
  const refused = faults.length ? make("div", { class: "note warn" }, make("p", {}, W.agent.refused), list(faults)) : "";
  present(title, back, make("h1", {}, title), about, news, make("div", { id: "masuk" }), refused, ...rest);
}
