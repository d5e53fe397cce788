import { z } from 'zod';

/** Filters of a page under a name, as the query of its address. */
const View = z.object({ name: z.string(), search: z.string() });
export type View = z.infer<typeof View>;
const Kept = z.record(z.string(), z.array(View));
const KEY = 'consilium-views';
/** More than anybody looks through. */
const MOST = 20;

function kept(): z.infer<typeof Kept> {
  try {
    return Kept.parse(JSON.parse(localStorage.getItem(KEY) ?? '{}'));
  } catch {
    return {};
  }
}

const keep = (page: string, views: readonly View[]): readonly View[] => {
  localStorage.setItem(KEY, JSON.stringify({ ...kept(), [page]: views }));
  return views;
};

/** Views of a page (its path) that were saved in this browser, by name. */
export const savedViews = (page: string): readonly View[] => kept()[page] ?? [];

/** Saves a view; one of the same name gives way. @returns all views of the page */
export function saveView(page: string, view: View): readonly View[] {
  const others = savedViews(page).filter(({ name }) => name !== view.name);
  return keep(page, [...others, view].toSorted((a, b) => a.name.localeCompare(b.name, 'en')).slice(0, MOST));
}

export const removeView = (page: string, name: string): readonly View[] =>
  keep(
    page,
    savedViews(page).filter((view) => view.name !== name),
  );
