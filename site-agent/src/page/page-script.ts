/**
 * The one script, which the page can do without: it takes the code out of a link's fragment (which no server and no log
 * ever sees), and an officer's key out of a chosen file. Nothing is kept in the browser.
 */
export const PAGE_SCRIPT = `'use strict';
const code = document.querySelector('form[data-sign-in] input[name=code]');
if (code && location.hash.length > 1) {
  code.value = location.hash.slice(1);
  history.replaceState(null, '', location.pathname);
  code.form.requestSubmit();
}
for (const file of document.querySelectorAll('input[type=file][data-into]')) {
  file.closest('[hidden]')?.removeAttribute('hidden');
  file.addEventListener('change', async () => {
    const [chosen] = file.files;
    const into = file.form.elements.namedItem(file.dataset.into);
    if (chosen && chosen.size <= 1024) into.value = (await chosen.text()).trim();
    file.value = '';
  });
}
addEventListener('pagehide', () => {
  for (const field of document.querySelectorAll('input[name=key]')) field.value = '';
});
`;
