import type { ReactNode } from 'react';
import type { PlotModel } from './model.js';
import { plotRows } from './tell.js';

/** A figure's data, for whoever reads rather than looks. */
export function PlotTable({ model }: { readonly model: PlotModel }): ReactNode {
  const { heads, rows } = plotRows(model);
  return (
    <div className="plot-table" tabIndex={0} role="region" aria-label={model.title}>
      <table className="table">
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((value, column) => (
                <td key={heads[column]}>{value}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
