const startCode = Uint8Array.of(0, 0, 1);

/** NAL units of an H.264 access unit with start codes (ITU-T H.264, annex B), without these; views of the same bytes. */
export function nalUnits(accessUnit: Uint8Array): Uint8Array[] {
  const bytes = Buffer.from(accessUnit.buffer, accessUnit.byteOffset, accessUnit.length);
  const units: Uint8Array[] = [];
  let start = bytes.indexOf(startCode);
  while (start >= 0) {
    const from = start + startCode.length;
    start = bytes.indexOf(startCode, from);
    const unit = withoutZeros(accessUnit.subarray(from, start < 0 ? accessUnit.length : start));
    if (unit.length > 0) units.push(unit);
  }
  return units;
}

/** Zeros after a unit belong to the next start code, or fill up: a unit never ends with one (7.4.1). */
function withoutZeros(unit: Uint8Array): Uint8Array {
  let end = unit.length;
  while (end > 0 && unit[end - 1] === 0) end -= 1;
  return unit.subarray(0, end);
}
