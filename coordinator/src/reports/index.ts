export { DpoReport } from './dpo-report.js';
export { ReportDesk } from './report-desk.js';
export { ReportView } from './report-view.js';
