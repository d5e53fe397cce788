import { Button, Group, Menu, Modal, TextInput } from '@mantine/core';
import IconBookmark from '@tabler/icons-react/icons/IconBookmark';
import { useState, type ReactNode } from 'react';
import { useLocation, useSearchParams } from 'react-router';
import { words } from '../words/index.js';
import { removeView, savedViews, saveView } from './saved-views.js';

const { views: w } = words.shell;

/** Names for what a table is filtered and sorted by. There is nothing to see where nothing is filtered and nothing saved. */
export function ViewsMenu(): ReactNode {
  const { pathname } = useLocation();
  const [search, setSearch] = useSearchParams();
  const [views, setViews] = useState(() => savedViews(pathname));
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState('');
  const now = search.toString();
  if (now === '' && views.length === 0) return null;
  const current = views.find((view) => view.search === now);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="xs" variant="default" leftSection={<IconBookmark size={14} />}>
            {current?.name ?? w.title}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {views.map((view) => (
            <Menu.Item key={view.name} onClick={() => setSearch(new URLSearchParams(view.search), { replace: true })}>
              {view.name}
            </Menu.Item>
          ))}
          {views.length > 0 && <Menu.Divider />}
          {now !== '' && !current && <Menu.Item onClick={() => setNaming(true)}>{w.save}</Menu.Item>}
          {current && <Menu.Item onClick={() => setViews(removeView(pathname, current.name))}>{w.remove(current.name)}</Menu.Item>}
          {now !== '' && <Menu.Item onClick={() => setSearch({}, { replace: true })}>{w.all}</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
      <Modal opened={naming} onClose={() => setNaming(false)} title={w.save} centered>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            setViews(saveView(pathname, { name: name.trim(), search: now }));
            setNaming(false);
            setName('');
          }}
        >
          <p className="soft">{w.where}</p>
          <TextInput
            label={w.name}
            required
            data-autofocus
            maxLength={60}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Group justify="flex-end" mt="md">
            <Button variant="default" onClick={() => setNaming(false)}>
              {words.shell.cancel}
            </Button>
            <Button type="submit" disabled={name.trim() === ''}>
              {w.keep}
            </Button>
          </Group>
        </form>
      </Modal>
    </>
  );
}
