// Shows clean copies of evidence on the page: nearer, farther, turned. Without it the links are links.
var links = [].slice.call(document.querySelectorAll("a.page[data-name]")),
  box = document.getElementById("viewer");

if (box && links.length) {
  var name = document.getElementById("viewer-name"),
    stage = document.getElementById("viewer-stage"),
    status = box.querySelector("[role=status]"),
    canvas = stage.querySelector("canvas"),
    STEP = 1.5, MOST = 8, PAN = 80,
    at = 0, zoom = 1, turned = 0, picture = null;

  var acts = {
    closer: function () { scale(zoom * STEP); },
    farther: function () { scale(zoom / STEP); },
    whole: function () { turned = 0; zoom = 1; draw(); },
    right: function () { turn(90); },
    left: function () { turn(270); },
    before: function () { open(at - 1); },
    next: function () { open(at + 1); },
    close: close
  };
  var keys = { "+": "closer", "=": "closer", "-": "farther", "0": "whole", r: "right", l: "left", Escape: "close" };
  var arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  links.forEach(function (link, place) {
    link.addEventListener("click", function (event) {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open(place);
    });
  });
  box.addEventListener("click", function (event) {
    var act = event.target.getAttribute("data-act");
    if (act) acts[act]();
  });
  box.addEventListener("keydown", function (event) {
    var way = arrows[event.key], act = keys[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || !(way || act)) return;
    event.preventDefault();
    if (way) stage.scrollBy(way[0] * PAN, way[1] * PAN);
    else acts[act]();
  });
}

function open(place) {
  at = (place + links.length) % links.length;
  zoom = 1;
  turned = 0;
  box.hidden = false;
  name.textContent = links[at].getAttribute("data-name");
  status.textContent = box.getAttribute("data-loading");
  canvas.width = canvas.height = 1;
  var coming = picture = new Image();
  coming.onload = function () { if (coming === picture) draw(); };
  coming.onerror = function () { if (coming === picture) status.textContent = box.getAttribute("data-gone"); };
  coming.src = links[at].href;
  name.focus();
  box.scrollIntoView();
}

function close() {
  picture = null;
  canvas.width = canvas.height = 1;
  box.hidden = true;
  links[at].focus();
}

function turn(degrees) {
  turned = (turned + degrees) % 360;
  draw();
}

// The picture is drawn whole and turned; how large it is shown is the style sheet's business.
function draw() {
  if (!picture || !picture.naturalWidth) return;
  var upright = turned % 180 === 0, wide = picture.naturalWidth, high = picture.naturalHeight,
    paper = canvas.getContext("2d");
  canvas.width = upright ? wide : high;
  canvas.height = upright ? high : wide;
  paper.translate(canvas.width / 2, canvas.height / 2);
  paper.rotate(turned * Math.PI / 180);
  paper.drawImage(picture, -wide / 2, -high / 2);
  scale(zoom);
}

function scale(wanted) {
  if (!picture || !picture.naturalWidth) return;
  zoom = Math.min(Math.max(wanted, 1), MOST);
  var fits = Math.min(stage.clientWidth, stage.clientHeight * canvas.width / canvas.height);
  canvas.style.width = Math.floor(fits * zoom) + "px";
  status.textContent = box.getAttribute("data-state")
    .replace("{persen}", Math.round(zoom * 100)).replace("{derajat}", turned);
}
