import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with `N passed, N failed`, the line that continuous integration reads. */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) counts.failed += 1;
      for (const suite of module.children.allSuites()) if (suite.errors().length > 0) counts.failed += 1;
      for (const test of module.children.allTests()) counts[test.result().state] += 1;
    }
    if (counts.skipped > 0) console.log(`skipped: ${counts.skipped}`);
    console.log(`${counts.passed} passed, ${counts.failed + counts.pending} failed`);
  }
}
