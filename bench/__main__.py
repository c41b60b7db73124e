"""`make bench`: the benchmarks that need nothing but the project itself. Others need papers with ground truth:

python -m bench.readings --help       reads cases with the ocr core
python -m bench.accuracy --help       scores the later stages on those readings, beside the naive floor
python -m bench.calibration --help    refits the analyzer's confidence
python -m bench.concurrent --help    uploads by a hundred clients at once, beside the bytes alone
python -m bench.delivery --help       counts lost and doubled exams under kills, beside FastStream and Celery
"""

from bench import ocr

if __name__ == "__main__":
    print(__doc__)
    ocr.main()
