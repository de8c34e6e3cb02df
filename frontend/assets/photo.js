// A photo before it leaves the phone: small, upright, and without what the camera wrote into it.

const LADDER = [[1280, 0.7], [1280, 0.5], [1024, 0.6], [1024, 0.4], [800, 0.5], [640, 0.4], [480, 0.3]];
const ENOUGH = 200000, MOST = 300000; // bytes; 200,000 take 32 s on a line of 50 kbit/s
const LOOK = 640; // px, the longer edge of what is looked at; the screening looks at the same
const KINDS = { "image/jpeg": "jpeg", "image/png": "png", "application/pdf": "pdf" };
// Where EXIF's eight ways to hold a camera put a picture of w by h (EXIF 2.32, tag 0x0112).
const TURNS = (w, h) => [
  [1, 0, 0, 1, 0, 0], [-1, 0, 0, 1, w, 0], [-1, 0, 0, -1, w, h], [1, 0, 0, -1, 0, h],
  [0, 1, 1, 0, 0, 0], [0, 1, -1, 0, h, 0], [0, -1, -1, 0, h, w], [0, -1, 1, 0, 0, w],
];

// Where EXIF stands in a JPEG, and how the camera was held; {turn: 1, end: 0} when it says nothing.
function exifOf(view) {
  const found = { turn: 1, start: 0, end: 0 };
  try {
    let at = view.getUint16(0) === 0xffd8 ? 2 : view.byteLength;
    while (view.getUint16(at) > 0xffbf && view.getUint16(at) !== 0xffda) {
      const next = at + 2 + view.getUint16(at + 2);
      if (view.getUint16(at) === 0xffe1 && view.getUint32(at + 4) === 0x45786966) {
        found.start = at;
        found.end = next;
        const tiff = at + 10, little = view.getUint16(tiff) === 0x4949;
        const list = tiff + view.getUint32(tiff + 4, little);
        for (let left = view.getUint16(list, little), tag = list + 2; left > 0; left -= 1, tag += 12) {
          const held = view.getUint16(tag, little) === 0x0112 ? view.getUint16(tag + 8, little) : 0;
          if (held > 0 && held < 9) found.turn = held;
        }
        break;
      }
      at = next;
    }
  } catch (cut) {
    return found; // damaged or shorter than it says: what was found counts
  }
  return found;
}

// Browsers differ on who turns a photo. Without its EXIF none does, so it is always turned here.
async function decoded(file) {
  const exif = exifOf(new DataView(await new Response(file.slice(0, 262144)).arrayBuffer()));
  const bare = exif.end ? new Blob([file.slice(0, exif.start), file.slice(exif.end)], { type: file.type }) : file;
  return { picture: await createImageBitmap(bare), turn: exif.turn };
}

function drawn(source, turn, longest) {
  const scale = Math.min(1, longest / Math.max(source.width, source.height));
  const w = Math.round(source.width * scale), h = Math.round(source.height * scale);
  const canvas = document.createElement("canvas");
  canvas.width = turn > 4 ? h : w;
  canvas.height = turn > 4 ? w : h;
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff"; // a JPEG has no transparency
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.transform(...TURNS(w, h)[turn - 1]);
  pen.drawImage(source, 0, 0, w, h);
  return canvas;
}

// Mean brightness (0 to 255), and the variance of the Laplacian, which is low without sharp edges;
// as the screening measures them.
function look(canvas) {
  const w = canvas.width, h = canvas.height;
  const bytes = canvas.getContext("2d").getImageData(0, 0, w, h).data;
  const grey = new Float32Array(w * h);
  let light = 0, sum = 0, squares = 0;
  for (let i = 0; i < grey.length; i += 1) {
    grey[i] = 0.299 * bytes[4 * i] + 0.587 * bytes[4 * i + 1] + 0.114 * bytes[4 * i + 2];
    light += grey[i];
  }
  for (let y = 1; y < h - 1; y += 1) {
    for (let i = y * w + 1; i < y * w + w - 1; i += 1) {
      const bend = grey[i - 1] + grey[i + 1] + grey[i - w] + grey[i + w] - 4 * grey[i];
      const edge = Math.max(-128, Math.min(127, bend));
      sum += edge;
      squares += edge * edge;
    }
  }
  const inner = Math.max(1, (w - 2) * (h - 2));
  return { light: light / grey.length, sharp: squares / inner - (sum / inner) * (sum / inner) };
}

// Give {blob, kind, canvas, light, sharp}. What cannot be drawn here is sent as it is, if the API
// knows its kind ("" when not): the server turns, strips and encodes every photo again anyway.
async function prepared(file) {
  try {
    const { picture, turn } = await decoded(file);
    let blob, canvas;
    for (let step = 0; step < LADDER.length && !(blob && blob.size <= ENOUGH); step += 1) {
      const [longest, quality] = LADDER[step];
      if (!step || longest !== LADDER[step - 1][0]) canvas = drawn(picture, turn, longest);
      blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
    }
    if (!blob || blob.size > MOST) throw new Error("not to be shrunk");
    canvas = drawn(picture, turn, LOOK);
    picture.close();
    return Object.assign({ blob, kind: "jpeg", canvas }, look(canvas));
  } catch (unknown) {
    return { blob: file, kind: KINDS[file.type] || "", light: 255, sharp: Infinity };
  }
}
