export { columnProducts, columnSums, combine, repeat, scaleAndShift } from './channels';
export { addPatches, patches } from './image';
export { addIntegers, addOuter, integerSquares, round, roundOuter, toInteger } from './patient';
export { averagePool, averagePoolSlope, maxPool, maxPoolSlope } from './pool';
export { addOuterSquares, addTransposed, multiply, relu, reluSlope, setColumn, squares, tanh, tanhSlope } from './rows';
