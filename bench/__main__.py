"""`make bench`: the benchmarks that need nothing but the project itself. Others need papers with ground truth:

python -m bench.readings --help       reads cases with the ocr core
python -m bench.accuracy --help       scores the later stages on those readings, beside the naive floor
python -m bench.calibration --help    refits the analyzer's confidence
python -m bench.again --help          real pages photographed once more, with other cameras
python -m bench.accuracy_goals --help the goals of accuracy beside what was measured
python -m bench.profile --help        where the CPU of a page goes
python -m bench.curves --help         why goals are missed: curves
python -m bench.failures --help       answers that were read wrongly, as pictures
python -m bench.concurrent --help    uploads by a hundred clients at once, beside the bytes alone
python -m bench.subscribers --help   five hundred live clients of one gateway, beside a query for each
python -m bench.upload --help        the gateway's memory and time for large uploads
python -m bench.cache --help         hit rates of the gateway's caches, and the same gateway without them
python -m bench.pipeline_overhead --help  what the pipeline itself costs, beside a Celery chain
python -m bench.delivery --help       counts lost and doubled exams under kills, beside FastStream and Celery
"""

from bench import ocr

if __name__ == "__main__":
    print(__doc__)
    ocr.main()
