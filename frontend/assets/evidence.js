// Photos of a form: chosen one at a time, kept for this tab, and sent straight to the bucket with
// the grants that the API gave. A dropped line loses nothing, and each photo is sent once.

const WAITS = [1000, 2000, 4000, 8000, 16000]; // ms before a photo is tried again by itself
const GRANT_LIFE = 240000; // ms; the bucket takes a grant for five minutes
const UPLOAD_TIME = 180000; // ms; 200 KB at 10 kbit/s

function kilobytes(photo) {
  return W.evidence.ready.replace("{kb}", Math.ceil(photo.blob.size / 1000));
}

// A photo outlives a tab that the camera put to sleep; where the tab has no room, it is in memory only.
function keepPhoto(name, photo) {
  if (!photo) {
    keep(name, null);
    return;
  }
  const reader = new FileReader();
  reader.onload = () => keep(name, { url: reader.result, kind: photo.kind });
  reader.readAsDataURL(photo.blob);
}

function keptPhoto(name) {
  const stored = kept(name);
  if (!stored) return null;
  const [head, body] = stored.url.split(",");
  const bytes = Uint8Array.from(atob(body), (sign) => sign.charCodeAt(0));
  return { blob: new Blob([bytes], { type: /:([^;]*)/.exec(head)[1] }), kind: stored.kind };
}

// The places for photos in a form, which `shelf` keeps by name: this tab's own, or another's {keep, kept}.
// Gives {photos: () => the chosen ones, ready: () => a promise that the last one is small, freeze: on =>
// nothing can be changed, first: the first field}.
function photoSlots(box, name, shelf) {
  const { keep: put, kept: found } = shelf || { keep: keepPhoto, kept: keptPhoto };
  const limits = box.dataset;
  const slots = [];
  let working = Promise.resolve();
  const show = (slot) => {
    slots.forEach((one, n) => { one.box.hidden = n > 0 && !one.photo && !slots[n - 1].photo; });
    slot.remove.hidden = !slot.photo;
    if (!slot.photo) return;
    try { // the field holds what will be sent, so there is one truth
      const files = new DataTransfer();
      files.items.add(new File([slot.photo.blob], slot.name, { type: slot.photo.blob.type }));
      slot.input.files = files.files;
    } catch (old) {
      return;
    }
  };
  const set = (slot, photo) => {
    slot.photo = photo;
    put(name + slot.at, photo);
    if (!photo) slot.input.value = "";
    fill(slot.look, photo && photo.canvas ? photo.canvas : "");
    show(slot);
  };
  const take = async (slot, file) => {
    fill(slot.said, W.evidence.shrinking);
    const photo = await prepared(file);
    const fault = !photo.kind ? W.evidence.kind
      : photo.blob.size > Number(limits.most) ? W.evidence.too_big
        : !photo.blob.size ? W.evidence.unreadable : "";
    set(slot, fault ? null : photo);
    const dark = photo.light < Number(limits.dark), blurred = photo.sharp < Number(limits.blur);
    const said = fault || [dark && W.evidence.dark, !dark && blurred && W.evidence.blurred, kilobytes(photo)].filter(Boolean).join(" ");
    fill(slot.said, said);
    slot.said.classList.toggle("fault", Boolean(fault));
    slot.box.classList.toggle("bad", Boolean(fault || dark || blurred));
  };
  for (let at = 1; at <= Number(limits.count); at += 1) {
    const id = "foto-" + at;
    const about = W.evidence.photo.replace("{n}", at);
    const slot = {
      at, name: id + ".jpg", photo: found(name + at),
      input: make("input", { type: "file", id, accept: limits.accept || "image/*,application/pdf", "aria-describedby": id + "-kata" }),
      said: make("p", { id: id + "-kata", role: "status", class: "said" }),
      look: make("div", { class: "look", "aria-hidden": "true" }),
    };
    slot.remove = button(W.evidence.remove, () => {
      set(slot, null);
      fill(slot.said, W.evidence.removed);
      slot.box.classList.remove("bad");
      slot.input.focus();
    }, "link");
    slot.remove.append(make("span", { class: "vh" }, " " + about));
    slot.box = make("div", { class: "photo" }, make("label", { for: id }, about), slot.input, slot.said, slot.look, slot.remove);
    slot.input.addEventListener("change", () => {
      const file = slot.input.files[0];
      if (file) working = working.then(() => take(slot, file)); // one at a time: each takes 50 MB
    });
    slots.push(slot);
    box.append(slot.box);
    if (slot.photo) fill(slot.said, kilobytes(slot.photo));
  }
  slots.forEach(show);
  return {
    photos: () => slots.map((slot) => slot.photo).filter(Boolean),
    ready: () => working,
    freeze: (on) => slots.forEach((slot) => { slot.input.disabled = slot.remove.disabled = on; }),
    first: slots[0].input,
  };
}

function pause(ms) {
  return new Promise((done) => setTimeout(done, ms * (0.8 + Math.random() * 0.4)));
}

// Send one photo; gives the bucket's status, 0 when no answer came.
function upload(grant, blob, progress) {
  return new Promise((done) => {
    const form = new FormData();
    Object.keys(grant.fields).forEach((name) => form.append(name, grant.fields[name]));
    form.append("file", blob, "foto"); // the bucket reads nothing after the file
    const request = new XMLHttpRequest();
    request.open("POST", grant.url);
    request.timeout = UPLOAD_TIME;
    request.upload.onprogress = (event) => progress(event.loaded / event.total);
    request.onloadend = () => done(request.status);
    request.send(form);
  });
}

// Sends the photos of a task: {at, photos: [{piece, url, fields, sent, tried, refused, failed}]}, which
// `save` keeps after each change. `file` sends the request that filed them again under its key: a
// repeat, which tells which photos have not come yet, with new grants for them.
function sender(task, blobs, save, tell, file) {
  const waiting = () => task.photos.filter((photo) => !photo.sent && !photo.failed);

  // Gives "" when it is known what is left, or what is in the way: "line", "signed_out".
  async function refresh() {
    const answer = await file();
    if (passes(answer.status)) return "line";
    if (answer.status === 401) return "signed_out";
    const granted = answer.data.uploads || [];
    waiting().forEach((photo) => {
      const grant = granted.find((one) => one.piece === photo.piece);
      if (grant) Object.assign(photo, { url: grant.url, fields: grant.fields });
      else if (answer.status < 300) photo.sent = true;
      else photo.failed = true; // the dispute has ended
    });
    task.at = Date.now();
    save();
    return "";
  }

  async function attempt(n) {
    const photo = task.photos[n];
    // A small question before a large photo: perhaps it arrived, and only the answer was lost.
    if (photo.tried || Date.now() - task.at > GRANT_LIFE) {
      const stop = await refresh();
      if (stop || photo.sent || photo.failed) return stop;
    }
    photo.tried = true;
    save();
    const status = await upload(photo, blobs[n], (part) => tell(n, "sending", part));
    photo.sent = status >= 200 && status < 300;
    if (!photo.sent && !passes(status)) { // the grant was too old; a second time: it is not wanted
      photo.failed = Boolean(photo.refused);
      photo.refused = true;
    }
    save();
    return "";
  }

  // Gives "" when nothing is left to send, or what is in the way.
  return async () => {
    for (let n = 0; n < task.photos.length; n += 1) {
      const photo = task.photos[n];
      if (!blobs[n] && !photo.sent) photo.failed = true; // it was too large to be kept in this tab
      for (let tries = 0; !photo.sent && !photo.failed; tries += 1) {
        if (tries > WAITS.length) {
          tell(n, "waiting");
          return "line";
        }
        if (tries) {
          tell(n, "again");
          await pause(WAITS[tries - 1]);
        }
        tell(n, "sending", 0);
        if ((await attempt(n)) === "signed_out") {
          tell(n, "waiting");
          return "signed_out";
        }
      }
      tell(n, photo.sent ? "sent" : "failed");
    }
    return "";
  };
}
