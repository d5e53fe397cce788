import { ATTRIBUTES, csvText, HOSPITALS, type Attribute, type Hospital, type Split } from './heart-columns.js';
import { Xorshift32 } from './xorshift.js';

/** How an invented hospital differs from the others. Rates are per mille of its patients. */
interface Profile {
  readonly patients: number;
  readonly age: number;
  readonly male: number;
  readonly ill: number;
  /** Cholesterol written as 0, as whole hospitals did. */
  readonly cholZero: number;
  /** One of the fields that the benchmark needs is missing, so that the row is in neither part. */
  readonly incomplete: number;
  /** `slope`, `ca` and `thal`, which the benchmark does not use. */
  readonly unmeasured: number;
}

const PROFILES: Readonly<Record<Hospital, Profile>> = {
  cleveland: { patients: 303, age: 54, male: 680, ill: 460, cholZero: 0, incomplete: 0, unmeasured: 10 },
  hungarian: { patients: 294, age: 48, male: 720, ill: 360, cholZero: 0, incomplete: 110, unmeasured: 900 },
  switzerland: { patients: 123, age: 55, male: 920, ill: 930, cholZero: 1000, incomplete: 620, unmeasured: 600 },
  va: { patients: 200, age: 59, male: 970, ill: 740, cholZero: 250, incomplete: 350, unmeasured: 900 },
};

/** Fields of which an incomplete row lacks one. */
const OFTEN_MISSING = ['trestbps', 'fbs', 'restecg', 'thalach'] as const;

/**
 * Four hospitals of invented patients with the columns of the real data, so that the demo runs without them. Only the
 * rough shape is kept: sizes, how many are ill, what is missing, and that ill patients tend to be older, have
 * asymptomatic pain (`cp` 4), a lower peak pulse, angina on effort and a larger `oldpeak`. Of each hospital's ill and
 * well patients every third complete row (from the second on) is a test row. The same text on every machine; whole-number arithmetic only.
 */
export function syntheticHeart(): ReadonlyMap<Hospital, string> {
  return new Map(HOSPITALS.map((hospital, index) => [hospital, hospitalCsv(PROFILES[hospital], new Xorshift32(1988 + index))]));
}

function hospitalCsv(profile: Profile, random: Xorshift32): string {
  const complete = { ill: 0, well: 0 };
  const rows = Array.from({ length: profile.patients }, () => {
    const ill = random.chance(profile.ill);
    const values = patient(profile, ill, random);
    const incomplete = random.chance(profile.incomplete);
    if (incomplete) values[OFTEN_MISSING[random.between(0, 3)] ?? 'fbs'] = '';
    const split: Split = incomplete ? '' : (complete[ill ? 'ill' : 'well'] += 1) % 3 === 2 ? 'test' : 'train';
    return { fields: ATTRIBUTES.map((attribute) => values[attribute]), split };
  });
  return csvText(rows);
}

function patient(profile: Profile, ill: boolean, random: Xorshift32): Record<Attribute, string> {
  const tenths = ill ? random.between(0, 35) : random.chance(600) ? 0 : random.between(1, 18);
  const unmeasured = random.chance(profile.unmeasured);
  const measured = (value: number): string => (unmeasured ? '' : String(value));
  return {
    age: String(random.bell(profile.age + (ill ? 2 : -1), 25)),
    sex: random.chance(profile.male + (ill ? 20 : -60)) ? '1' : '0',
    cp: String(random.chance(ill ? 750 : 280) ? 4 : random.between(1, 3)),
    trestbps: String(random.bell(ill ? 134 : 130, 45)),
    chol: random.chance(profile.cholZero) ? '0' : String(random.bell(ill ? 252 : 240, 110)),
    fbs: random.chance(ill ? 190 : 120) ? '1' : '0',
    restecg: String(random.chance(600) ? 0 : random.between(1, 2)),
    thalach: String(random.bell(ill ? 128 : 149, 50)),
    exang: random.chance(ill ? 600 : 150) ? '1' : '0',
    oldpeak: String(tenths / 10),
    slope: measured(ill ? random.between(2, 3) : random.between(1, 2)),
    ca: measured(ill ? random.between(0, 3) : 0),
    thal: measured(random.chance(ill ? 650 : 220) ? 7 : 3),
    num: ill ? String(random.between(1, 4)) : '0',
  };
}
