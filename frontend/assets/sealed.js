// What an agent's phone keeps: one store of names and values. Numbers, villages and days lie open;
// who a family is, where it lives and what was found there is sealed under a key that the PIN opens.

const ROUNDS = 600000; // of PBKDF2; half a second on a phone of 2015
const PIN_LEAST = 6;
const DAY = 86400000; // ms
const LIVES = { alamat: 7, isi: 30, foto: 30 }; // days that something sealed may lie here
let cabinet = null; // the open store
let sealing = null; // the key, only while the page is open

function openCabinet() {
  if (!cabinet) {
    cabinet = new Promise((done, fail) => {
      const opening = indexedDB.open("petugas", 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore("isi");
      opening.onerror = () => {
        cabinet = null;
        fail(opening.error);
      };
      opening.onsuccess = () => {
        opening.result.onclose = () => { cabinet = null; }; // a phone short of memory closes it
        done(opening.result);
      };
    });
  }
  return cabinet;
}

async function inCabinet(mode, act) {
  const change = (await openCabinet()).transaction("isi", mode);
  const asked = act(change.objectStore("isi"));
  return new Promise((done, fail) => {
    change.oncomplete = () => done(asked.result);
    change.onabort = change.onerror = () => fail(change.error);
  });
}

const lying = (name) => inCabinet("readonly", (box) => box.get(name));
const names = () => inCabinet("readonly", (box) => box.getAllKeys());
const lay = (name, value) => inCabinet("readwrite", (box) => box.put(value, name));
const wipe = (name) => inCabinet("readwrite", (box) => box.delete(name));
const wipeAll = () => inCabinet("readwrite", (box) => box.clear());

function randomBytes(count) {
  return crypto.getRandomValues(new Uint8Array(count));
}

async function keyOf(pin, salt, rounds) {
  const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
  return crypto.subtle.deriveKey(how, typed, { name: "AES-GCM", length: 256 }, false, ["wrapKey", "unwrapKey"]);
}

// A random key seals; the PIN seals that key, so nothing here tells the PIN but a try with it.
async function makePin(pin) {
  const salt = randomBytes(16), iv = randomBytes(12);
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt", "decrypt"]);
  const wrapped = await crypto.subtle.wrapKey("raw", key, await keyOf(pin, salt, ROUNDS), { name: "AES-GCM", iv });
  await lay("pin", { salt, iv, wrapped, rounds: ROUNDS });
  return unlock(pin);
}

// Gives whether the PIN was right.
async function unlock(pin) {
  const { salt, iv, wrapped, rounds } = await lying("pin");
  const opener = await keyOf(pin, salt, rounds);
  try {
    sealing = await crypto.subtle.unwrapKey(
      "raw", wrapped, opener, { name: "AES-GCM", iv }, "AES-GCM", false, ["encrypt", "decrypt"]
    );
  } catch (wrong) {
    return false;
  }
  return true;
}

// The name is sealed in, so that nothing can be laid in another's place.
const cipher = (iv, name) => ({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(name) });

async function seal(name, bytes) {
  const iv = randomBytes(12);
  await lay(name, { at: Date.now(), iv, data: await crypto.subtle.encrypt(cipher(iv, name), sealing, bytes) });
}

// Gives the bytes, or null when there are none that this key opens.
async function unseal(name) {
  const kept = await lying(name);
  if (!kept) return null;
  try {
    return await crypto.subtle.decrypt(cipher(kept.iv, name), sealing, kept.data);
  } catch (damaged) {
    return null;
  }
}

function sealText(name, value) {
  return seal(name, new TextEncoder().encode(JSON.stringify(value)));
}

async function unsealText(name) {
  const bytes = await unseal(name);
  return bytes && JSON.parse(new TextDecoder().decode(bytes));
}

// Names and addresses go after a week, what was found after a month: later nobody takes it.
async function wipeOld() {
  for (const name of await names()) {
    const days = LIVES[name.split("/")[0]];
    if (days && Date.now() - (await lying(name)).at > days * DAY) await wipe(name);
  }
}
