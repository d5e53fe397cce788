import Pdf from 'pdfkit';
import { pdfText } from './pdf-text.js';

export interface PdfMeta {
  readonly title: string;
  readonly author: string;
  readonly subject: string;
  readonly createdAt: Date;
}

const MARGIN = 56;
const SIZES = { H1: 20, H2: 14, H3: 11.5, P: 10 } as const;
const GREY = '#444444';

/**
 * A4 pages whose text a screen reader can follow: every piece is tagged as what it is (PDF 1.7, Tagged PDF), with a title
 * and a language. Standard fonts; nothing is fetched.
 */
export class TaggedPdf {
  readonly #doc: PDFKit.PDFDocument;
  readonly #root: PDFKit.PDFStructureElement;
  readonly #chunks: Buffer[] = [];

  constructor({ title, author, subject, createdAt }: PdfMeta) {
    const plain = { Title: pdfText(title), Author: pdfText(author), Subject: pdfText(subject) };
    this.#doc = new Pdf({
      size: 'A4',
      margin: MARGIN,
      pdfVersion: '1.7',
      tagged: true,
      lang: 'en',
      displayTitle: true,
      info: { ...plain, Producer: 'Consilium', Creator: 'Consilium', CreationDate: createdAt, ModDate: createdAt },
    });
    this.#doc.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    this.#root = this.#doc.struct('Document');
    this.#doc.addStructure(this.#root);
  }

  heading(level: 1 | 2 | 3, text: string): void {
    const type = `H${level}` as const;
    this.#keepTogether(SIZES[type] * 4);
    if (level > 1) this.#doc.moveDown(0.6);
    this.#write(type, 'Helvetica-Bold', text);
    this.#doc.moveDown(0.2);
  }

  paragraph(text: string, look: 'plain' | 'quiet' = 'plain'): void {
    this.#doc.fillColor(look === 'quiet' ? GREY : 'black');
    this.#write('P', look === 'quiet' ? 'Helvetica-Oblique' : 'Helvetica', text);
    this.#doc.fillColor('black').moveDown(0.25);
  }

  list(items: readonly string[]): void {
    if (items.length === 0) return;
    this.#doc
      .font('Helvetica')
      .fontSize(SIZES.P)
      .list(items.map(pdfText), { bulletRadius: 1.5, textIndent: 12, structParent: this.#root.add(this.#doc.struct('L')) })
      .moveDown(0.25);
  }

  /** @param widths - shares of the line, one a column */
  table(heads: readonly string[], rows: readonly (readonly string[])[], widths: readonly number[]): void {
    const line = this.#doc.page.width - 2 * MARGIN;
    const whole = widths.reduce((sum, width) => sum + width, 0);
    const options = {
      columnStyles: widths.map((width) => ({ width: (width / whole) * line })),
      defaultStyle: { border: { bottom: 0.5 }, borderColor: '#999999', padding: 3 },
      data: [
        heads.map((text) => ({ text: pdfText(text), type: 'TH' as const, font: { src: 'Helvetica-Bold', size: 8.5 } })),
        ...rows.map((row) => row.map((text) => ({ text: pdfText(text), font: { src: 'Helvetica', size: 8.5 } }))),
      ],
      // Not among pdfkit's published types: the element that the table becomes part of.
      structParent: this.#root,
    };
    this.#doc.font('Helvetica').fontSize(8.5).table(options);
    this.#doc.x = MARGIN;
    this.#doc.moveDown(0.5);
  }

  /** Ends the document. @returns its bytes */
  async bytes(): Promise<Buffer> {
    const ended = new Promise<void>((resolve, reject) => this.#doc.once('end', resolve).once('error', reject));
    this.#root.end();
    this.#doc.end();
    await ended;
    return Buffer.concat(this.#chunks);
  }

  #write(type: keyof typeof SIZES, font: string, text: string): void {
    this.#doc.font(font).fontSize(SIZES[type]).text(pdfText(text), { structParent: this.#root, structType: type, lineGap: 1.5 });
  }

  /** No heading stands alone at the end of a page. */
  #keepTogether(height: number): void {
    if (this.#doc.y + height > this.#doc.page.height - MARGIN) this.#doc.addPage();
  }
}
