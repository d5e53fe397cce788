import { useEffect, useRef, type RefObject } from 'react';

/** Brings the chosen tab of a row into view, where the row is wider than the screen. @param chosen - changes when the choice does */
export function useShownTab(chosen: string): RefObject<HTMLElement | null> {
  const row = useRef<HTMLElement>(null);
  useEffect(() => {
    const tab = row.current?.querySelector<HTMLElement>('[aria-current=page], [aria-selected=true]');
    if (tab && row.current) row.current.scrollLeft = tab.offsetLeft - (row.current.clientWidth - tab.offsetWidth) / 2;
  }, [chosen]);
  return row;
}
