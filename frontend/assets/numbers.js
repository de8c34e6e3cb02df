// Numbers that citizens type, and the checks of their fields.

function digits(text) {
  return (text || "").replace(/[\s.\u200b-]/g, "");
}

function phoneOf(text) {
  return digits(text).replace(/^\+?62/, "0") || null;
}

const number16 = (words) => (text) => (!digits(text) || /^\d{16}$/.test(digits(text)) ? "" : words);
Object.assign(checks, {
  village: (text) => (text ? "" : W.faults.village),
  nik: number16(W.faults.nik),
  kk: number16(W.faults.kk),
  phone: (text) => (/^((0|\+?62)\d{7,13})?$/.test(digits(text)) ? "" : W.faults.phone),
  date: (text, field) => {
    const typed = Array.from(field.querySelectorAll("input")).some((part) => part.value.trim());
    return text ? "" : typed ? W.faults.date : W.faults.required;
  },
});
["nik", "kk"].forEach((name) => {
  checks["required-" + name] = (text) => (digits(text) ? checks[name](text) : W.faults.required);
});
