/** Opening and closing time of a day, in minutes after midnight, by the machine's own clock and time zone. They differ. */
export interface OpeningHours {
  readonly opens: number;
  readonly closes: number;
}

const TIME = '([01]\\d|2[0-3]):([0-5]\\d)';
const HOURS = new RegExp(`^${TIME} ?- ?${TIME}$`);

/** Reads `19:00-06:00`; a closing time before the opening time is that of the next day. */
export function parseHours(text: string): OpeningHours | undefined {
  const [, ...parts] = HOURS.exec(text) ?? [];
  const [openHour = 0, openMinute = 0, closeHour = 0, closeMinute = 0] = parts.map(Number);
  const hours = { opens: openHour * 60 + openMinute, closes: closeHour * 60 + closeMinute };
  return parts.length === 4 && hours.opens !== hours.closes ? hours : undefined;
}

/** @returns when the hours next begin; nothing while it is open */
export function opensAt({ opens, closes }: OpeningHours, now: Date): Date | undefined {
  const minute = now.getHours() * 60 + now.getMinutes();
  const isOpen = opens < closes ? minute >= opens && minute < closes : minute >= opens || minute < closes;
  if (isOpen) return undefined;
  // As a date of the calendar, not so many milliseconds away: a night on which the clocks change has another length.
  const days = minute < opens ? 0 : 1;
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, Math.floor(opens / 60), opens % 60);
}
