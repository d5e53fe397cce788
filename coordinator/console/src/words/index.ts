import { access } from './en/access.js';
import { budgets } from './en/budgets.js';
import { ledgers } from './en/ledgers.js';
import { office } from './en/office.js';
import { plots } from './en/plots.js';
import { settings } from './en/settings.js';
import { shell } from './en/shell.js';
import { sites } from './en/sites.js';
import { studies } from './en/studies.js';
import { study } from './en/study.js';
import { writing } from './en/writing.js';

/** Every string of the console, in English. */
export const words = { shell, access, plots, studies, study, writing, sites, budgets, ledgers, office, settings };
