export { addIntegers, addOuter, integerSquares, round, roundOuter, toInteger } from './patient';
export { addOuterSquares, multiply, relu, reluSlope, setColumn, squares, tanh, tanhSlope } from './rows';
