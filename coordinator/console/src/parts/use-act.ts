import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient, type QueryKey } from '@tanstack/react-query';
import { asProblem, type Problem } from '../api/problem.js';
import { words } from '../words/index.js';

export interface Act<T> {
  run(input: T): void;
  readonly busy: boolean;
  readonly problem: Problem | undefined;
  clear(): void;
}

export interface ActOptions<T, R> {
  readonly act: (input: T) => Promise<R>;
  /** What it changes on screen. */
  readonly changes: readonly QueryKey[];
  readonly done?: (result: R, input: T) => void;
  /** Said in passing. */
  readonly say?: (input: T) => string;
}

/** Something that a person does: sent, said, and what it changed read again. */
export function useAct<T = void, R = unknown>({ act, changes, done, say }: ActOptions<T, R>): Act<T> {
  const queries = useQueryClient();
  const mutation = useMutation<R, Error, T>({
    mutationFn: act,
    onSuccess: async (result, input) => {
      if (say) notifications.show({ message: say(input), closeButtonProps: { 'aria-label': words.shell.close } });
      done?.(result, input);
      await Promise.all(changes.map((queryKey) => queries.invalidateQueries({ queryKey })));
    },
  });
  return {
    run: (input) => mutation.mutate(input),
    busy: mutation.isPending,
    problem: mutation.error ? asProblem(mutation.error) : undefined,
    clear: () => mutation.reset(),
  };
}
