/** Deals a hospital's patients out to `parts` sites, in turn; all records of a patient go to one. */
export function splitRows(rows, parts) {
  const columns = rows.x.length / rows.y.length;
  return Array.from({ length: parts }, (_, part) => {
    const kept = [...rows.patients.keys()].filter((row) => rows.patients[row] % parts === part);
    return {
      x: Float32Array.from(kept.flatMap((row) => [...rows.x.subarray(row * columns, (row + 1) * columns)])),
      y: Float32Array.from(kept, (row) => rows.y[row]),
      patients: Int32Array.from(kept, (row) => Math.floor(rows.patients[row] / parts)),
      patientCount: new Set(kept.map((row) => rows.patients[row])).size,
    };
  });
}
