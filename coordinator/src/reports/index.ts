export { DpoReport } from './dpo-report.js';
export { ReportDesk, ReportView } from './report-desk.js';
