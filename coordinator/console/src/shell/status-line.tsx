import { ActionIcon } from '@mantine/core';
import IconPlayerPause from '@tabler/icons-react/icons/IconPlayerPause';
import IconPlayerPlay from '@tabler/icons-react/icons/IconPlayerPlay';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useLive } from '../live/live-provider.js';
import { agoText, instantText, useNow, useZone } from '../parts/time.js';
import { words } from '../words/index.js';

/** A reader of the screen is told of a change at most this often. */
const TELL_MS = 10_000;

/** One line: how fresh the data is. */
export function StatusLine(): ReactNode {
  const { state, asOf, paused, setPaused } = useLive();
  const { zone } = useZone();
  const now = useNow(1_000);
  const at = instantText(asOf, zone, 'second').slice(11);
  const mode = paused ? 'paused' : state;
  const { shell } = words;
  const text = mode === 'live' ? shell.live(agoText(state === 'live' ? now : asOf, now)) : shell[mode](at);
  return (
    <div className="status">
      <span className={`status-dot status-${mode}`} aria-hidden />
      <span className="status-text nums">{text}</span>
      <Told text={mode === 'live' ? shell.live(shell.justNow) : text} />
      <ActionIcon
        variant="subtle"
        color="gray"
        size={28}
        onClick={() => setPaused(!paused)}
        aria-label={paused ? shell.resume : shell.pause}
      >
        {paused ? <IconPlayerPlay size={15} /> : <IconPlayerPause size={15} />}
      </ActionIcon>
    </div>
  );
}

/** What a screen reader hears: changes of mode, not every second. */
function Told({ text }: { readonly text: string }): ReactNode {
  const [told, setTold] = useState('');
  const last = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, last.current + TELL_MS - Date.now());
    const timer = setTimeout(() => {
      last.current = Date.now();
      setTold(text);
    }, wait);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <span role="status" className="unseen">
      {told}
    </span>
  );
}
