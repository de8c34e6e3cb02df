// What a form about a registration asks for: the number of its receipt, and that somebody agrees.

function receiptOf(text) {
  return (text || "").toUpperCase().replace(/[^0-9A-Z]/g, "");
}

Object.assign(checks, {
  agree: (text) => (text ? "" : W.agree),
  "required-receipt": (text) => (receiptOf(text).length === 24 ? "" : W.faults.receipt),
});
