import { readdirSync, readFileSync } from 'node:fs';

/** The kernel counts CPU time in hundredths of a second for everybody (USER_HZ). */
const MS_PER_TICK = 10;

/** Fields of /proc/…/stat after the name in brackets: state is 0, parent 1, user and system time 11 and 12. */
function fieldsOf(path) {
  try {
    const text = readFileSync(path, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined; // It has ended.
  }
}

const millisecondsOf = (fields) => (fields ? (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK : 0);

/** CPU milliseconds of a process since its start (Linux): of its main thread, and of all its other threads. */
function cpuOf(pid) {
  const all = millisecondsOf(fieldsOf(`/proc/${pid}/stat`));
  const main = millisecondsOf(fieldsOf(`/proc/${pid}/task/${pid}/stat`));
  return { main, others: all - main };
}

/** CPU milliseconds of all processes that a process has started and that still run, and of theirs. */
function cpuOfChildren(pid) {
  const parents = new Map();
  for (const name of readdirSync('/proc')) {
    const fields = /^\d+$/.test(name) ? fieldsOf(`/proc/${name}/stat`) : undefined;
    if (fields) parents.set(Number(name), Number(fields[1]));
  }
  const isBelow = (child) => child === pid || (parents.has(child) && isBelow(parents.get(child)));
  return [...parents.keys()]
    .filter((child) => child !== pid && isBelow(child))
    .reduce((sum, child) => sum + millisecondsOf(fieldsOf(`/proc/${child}/stat`)), 0);
}

/** What a consortium has used so far, in CPU milliseconds: the figures of agents are sums over all of them. */
export function consortiumCpu(consortium) {
  const coordinator = consortium.coordinator.pid;
  const own = cpuOf(coordinator);
  const agents = [...consortium.agents.values()].map(({ pid }) => cpuOf(pid));
  const sum = (part) => agents.reduce((total, agent) => total + agent[part], 0);
  return {
    coordinatorMain: own.main,
    coordinatorThreads: own.others,
    database: cpuOfChildren(coordinator),
    agentsMain: sum('main'),
    agentsThreads: sum('others'),
  };
}
