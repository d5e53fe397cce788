import { ConsiliumError, type Problem } from '@consilium/protocol';
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml';

/** Runs a check of a YAML text; the problems that it throws get the lines that they stand on. */
export function withLines<T>(text: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof ConsiliumError) || error.problems.length === 0) throw error;
    const lines = new LineCounter();
    const { contents } = parseDocument(text, { lineCounter: lines });
    const problems = error.problems.map((problem) => {
      const offset = contents === null ? 0 : offsetOf(contents, problem.path.split('.'));
      return { ...problem, path: `line ${lines.linePos(offset).line}: ${problem.path}` };
    });
    throw inOneError(error, problems);
  }
}

function inOneError(error: ConsiliumError, problems: readonly Problem[]): ConsiliumError {
  const { code, errorClass, fix, cause } = error;
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  const message = first ? `site.yaml, ${first.path}: ${first.detail}${more}.` : error.message;
  return new ConsiliumError({ code, errorClass, message, fix, problems, cause });
}

/** Where the last part of a path that exists begins: of a missing field, the place it belongs to. */
function offsetOf(node: Node, path: readonly string[], found = node.range?.[0] ?? 0): number {
  const [head, ...rest] = path;
  if (head === undefined) return found;
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === head);
    if (!pair) return found;
    const at = isScalar(pair.key) ? (pair.key.range?.[0] ?? found) : found;
    return isNode(pair.value) ? offsetOf(pair.value, rest, at) : at;
  }
  if (isSeq(node)) {
    const item = node.items[Number(head)];
    return isNode(item) ? offsetOf(item, rest, item.range?.[0] ?? found) : found;
  }
  return found;
}

const isNode = (value: unknown): value is Node => isMap(value) || isSeq(value) || isScalar(value);
